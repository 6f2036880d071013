namespace Firewall.Bpf.Isa;

/// <summary>What the 64 bits of a wide load mean; the value goes into its source field (RFC 9669, table 17).</summary>
public enum WideSource
{
    Constant = 0,

    /// <summary>A map, by file descriptor.</summary>
    Map = 1,

    /// <summary>An address inside a map's only value: file descriptor and byte offset.</summary>
    MapValue = 2,

    /// <summary>A kernel variable, by BTF id.</summary>
    Variable = 3,

    /// <summary>A function of this program, by distance in instruction slots.</summary>
    Function = 4,

    /// <summary>A map, by index into the descriptors given at load.</summary>
    MapIndex = 5,

    /// <summary>Like <see cref="MapValue"/>, by index into the descriptors given at load.</summary>
    MapIndexValue = 6,
}
