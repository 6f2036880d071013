using Firewall.Kernel.Errors;

namespace Firewall.Kernel.Pins;

/// <summary>The directory of one interface's pins, and the order in which it is made and removed.</summary>
internal sealed class PinDirectory(PinRoot root, ulong namespaceInode, string interfaceName)
{
    private readonly string _namespace = root.NamespaceDirectory(namespaceInode);
    private bool _made;

    public string Path { get; } = root.InterfaceDirectory(namespaceInode, interfaceName);

    public string Link => $"{Path}/link";

    public string Program => $"{Path}/program";

    public string Metadata => $"{Path}/metadata";

    private string Maps => $"{Path}/maps";

    public string Map(string name) => $"{Maps}/{PinName.Encode(name)}";

    public IEnumerable<string> PinnedMaps() => Directory.EnumerateFiles(Maps).Select(path => PinName.Decode(System.IO.Path.GetFileName(path)));

    /// <summary>Makes the directories; refuses when the interface has pins already, and leaves those alone.</summary>
    public void Create()
    {
        if (root == PinRoot.Default)
        {
            Bpffs.Mount();
        }

        Bpffs.MakeDirectory(root.Directory);
        Bpffs.MakeDirectory(_namespace);
        if (!Bpffs.MakeDirectory(Path))
        {
            throw new KernelException($"pin to {Path}", Errno.EEXIST, $"fwc has pinned a firewall for {interfaceName}; detach it first");
        }

        _made = true;
        Bpffs.MakeDirectory(Maps);
    }

    /// <summary>After a failure: removes what <see cref="Create"/> made here, and nothing of anybody else's.</summary>
    public void RemoveOwn()
    {
        if (_made)
        {
            Remove();
        }
        else
        {
            RemoveIfEmpty(_namespace);
            RemoveIfEmpty(root.Directory);
        }
    }

    /// <summary>Removes the pins, the link first, and every directory that is empty then.</summary>
    public void Remove()
    {
        Bpffs.Remove(Link, directory: false);
        Bpffs.Remove(Program, directory: false);
        Bpffs.Remove(Metadata, directory: false);
        if (Directory.Exists(Maps))
        {
            foreach (var map in Directory.GetFiles(Maps))
            {
                Bpffs.Remove(map, directory: false);
            }
        }

        Bpffs.Remove(Maps, directory: true);
        Bpffs.Remove(Path, directory: true);
        RemoveIfEmpty(_namespace);
        RemoveIfEmpty(root.Directory);
    }

    private static void RemoveIfEmpty(string directory)
    {
        if (Directory.Exists(directory) && !Directory.EnumerateFileSystemEntries(directory).Any())
        {
            Bpffs.Remove(directory, directory: true);
        }
    }
}
