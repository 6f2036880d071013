using System.Collections.Immutable;
using System.Globalization;

namespace Firewall.Kernel.Pins;

/// <summary>
/// The directory of a bpffs under which firewalls are pinned, one directory for each network namespace (by its inode) and in it
/// one for each interface: <c>/sys/fs/bpf/fwc/4026531840/eth0/{link,program,metadata,maps/…}</c>.
/// </summary>
public sealed record PinRoot(string Directory)
{
    /// <summary>The place that all invocations agree on.</summary>
    public static readonly PinRoot Default = new($"{Bpffs.UsualPlace}/fwc");

    /// <summary>Every pinned firewall: its namespace and its interface.</summary>
    public ImmutableArray<(ulong Namespace, string Interface)> List() => !System.IO.Directory.Exists(Directory)
        ? []
        :
        [
            .. from space in System.IO.Directory.EnumerateDirectories(Directory)
               let inode = ulong.TryParse(Path.GetFileName(space), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0
               where inode != 0
               from pinned in System.IO.Directory.EnumerateDirectories(space)
               select (inode, PinName.Decode(Path.GetFileName(pinned))),
        ];

    internal string NamespaceDirectory(ulong inode) => $"{Directory}/{inode}";

    internal string InterfaceDirectory(ulong inode, string interfaceName) => $"{NamespaceDirectory(inode)}/{PinName.Encode(interfaceName)}";
}
