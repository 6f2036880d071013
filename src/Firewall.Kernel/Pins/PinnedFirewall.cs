using Firewall.Kernel.Errors;
using Firewall.Kernel.Links;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Maps;

namespace Firewall.Kernel.Pins;

/// <summary>
/// An attached firewall that outlives the process which attached it. Everything later invocations need (to count, to replace, to
/// detach) is in its pins.
/// </summary>
public sealed class PinnedFirewall : IDisposable
{
    private readonly PinDirectory _directory;
    private readonly Dictionary<string, BpfMap> _maps;
    private readonly BpfMap _metadata;

    private PinnedFirewall(PinDirectory directory, XdpLink link, LoadedProgram program, BpfMap metadata, Dictionary<string, BpfMap> maps)
    {
        _directory = directory;
        _metadata = metadata;
        _maps = maps;
        Link = link;
        Program = program;
    }

    /// <summary>Where the pins are.</summary>
    public string Directory => _directory.Path;

    public XdpLink Link { get; }

    public LoadedProgram Program { get; }

    /// <summary>The object's maps by the names they have in the object.</summary>
    public IReadOnlyDictionary<string, BpfMap> Maps => _maps;

    /// <summary>What the attaching process left about itself (JSON).</summary>
    public string Metadata => Pins.Metadata.Read(_metadata);

    /// <summary>
    /// Pins a link with its program, its maps and a note, all or nothing: when anything fails, what was pinned is removed and the link
    /// detached, so that no firewall is ever attached that cannot be found again. Mounts the bpffs if need be.
    /// </summary>
    public static void Pin(PinRoot root, ulong namespaceInode, string interfaceName, XdpLink link, LoadedObject loaded, string metadata)
    {
        var directory = new PinDirectory(root, namespaceInode, interfaceName);
        try
        {
            using var note = Pins.Metadata.Store(metadata);
            directory.Create();
            foreach (var (name, map) in loaded.Maps)
            {
                Bpffs.Pin(map.Descriptor, directory.Map(name));
            }

            Bpffs.Pin(note.Descriptor, directory.Metadata);
            Bpffs.Pin(loaded.Entry.Descriptor, directory.Program);

            // Last, because from here on the program stays attached without us.
            Bpffs.Pin(link.Descriptor, directory.Link);
        }
        catch
        {
            try
            {
                link.Detach();
            }
            finally
            {
                directory.RemoveOwn();
            }

            throw;
        }
    }

    /// <summary>The firewall pinned for that interface, or null.</summary>
    public static PinnedFirewall? Find(PinRoot root, ulong namespaceInode, string interfaceName)
    {
        var directory = new PinDirectory(root, namespaceInode, interfaceName);
        if (!System.IO.Directory.Exists(directory.Path))
        {
            return null;
        }

        var opened = new Stack<IDisposable>();
        try
        {
            var link = Keep(XdpLink.Open(Bpffs.Open(directory.Link)));
            var program = Keep(LoadedProgram.Open(Bpffs.Open(directory.Program)));
            var metadata = Keep(BpfMap.Open(Bpffs.Open(directory.Metadata)));
            var maps = directory.PinnedMaps().ToDictionary(name => name, name => Keep(BpfMap.Open(Bpffs.Open(directory.Map(name)))));
            return new PinnedFirewall(directory, link, program, metadata, maps);
        }
        catch
        {
            while (opened.TryPop(out var item))
            {
                item.Dispose();
            }

            throw;
        }

        T Keep<T>(T item)
            where T : IDisposable
        {
            opened.Push(item);
            return item;
        }
    }

    /// <summary>The firewall pinned for that interface.</summary>
    /// <exception cref="MissingException">There is none.</exception>
    public static PinnedFirewall Open(PinRoot root, ulong namespaceInode, string interfaceName) =>
        Find(root, namespaceInode, interfaceName)
        ?? throw new MissingException($"open the firewall of {interfaceName}", Errno.ENOENT, "fwc has attached none to this interface");

    /// <summary>
    /// Index of the interface that the link pinned under that name serves, whatever else is pinned there; null when it serves none any more, or no
    /// link is pinned.
    /// </summary>
    public static int? InterfaceServed(PinRoot root, ulong namespaceInode, string interfaceName)
    {
        try
        {
            using var link = XdpLink.Open(Bpffs.Open(new PinDirectory(root, namespaceInode, interfaceName).Link));
            return link.InterfaceIndex is > 0 and var index ? index : null;
        }
        catch (MissingException)
        {
            return null;
        }
    }

    /// <summary>
    /// Removes the pins of that interface whatever state they are in, for firewalls that cannot be opened whole any more. The link is
    /// detached by name where that is possible: a link that only loses its last pin stays for the time of an RCU grace period.
    /// </summary>
    public static void Discard(PinRoot root, ulong namespaceInode, string interfaceName)
    {
        var directory = new PinDirectory(root, namespaceInode, interfaceName);
        try
        {
            using var link = XdpLink.Open(Bpffs.Open(directory.Link));
            link.Detach();
        }
        catch (MissingException)
        {
            // No link, nothing attached.
        }

        directory.Remove();
    }

    /// <summary>Takes the program off the interface, then removes the pins.</summary>
    public void Remove()
    {
        Link.Detach();
        _directory.Remove();
    }

    /// <summary>Lets go of the descriptors; the firewall stays.</summary>
    public void Dispose()
    {
        Link.Dispose();
        Program.Dispose();
        _metadata.Dispose();
        foreach (var map in _maps.Values)
        {
            map.Dispose();
        }
    }
}
