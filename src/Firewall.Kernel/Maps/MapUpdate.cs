namespace Firewall.Kernel.Maps;

/// <summary>What an update does about an entry that is or is not there: BPF_ANY, BPF_NOEXIST, BPF_EXIST.</summary>
public enum MapUpdate
{
    CreateOrReplace = 0,
    CreateOnly = 1,
    ReplaceOnly = 2,
}
