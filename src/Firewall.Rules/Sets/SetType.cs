using System.Collections.Immutable;

namespace Firewall.Rules.Sets;

/// <summary>One dimension of a set: what <c>src</c> or <c>dst</c> picks from the packet.</summary>
public enum SetPart
{
    Address,

    /// <summary>A network; looked up by longest prefix first.</summary>
    Net,

    /// <summary>Protocol and port; for ICMP type and code.</summary>
    Port,
    Mac,

    /// <summary>Name of the input (src) or output (dst) device.</summary>
    Interface,

    /// <summary>The packet's mark.</summary>
    Mark,

    /// <summary>Another set (list:set).</summary>
    Member,
}

/// <summary>How a set keeps its elements.</summary>
public enum SetMethod
{
    Bitmap,
    Hash,
    List,
}

/// <summary>A type of the kernel's IP sets (net/netfilter/ipset), as <c>ipset create</c> names it.</summary>
/// <param name="Name">E.g. <c>hash:ip,port</c>.</param>
/// <param name="Method">How it keeps its elements.</param>
/// <param name="Parts">Its dimensions in order.</param>
public sealed record SetType(string Name, SetMethod Method, ImmutableArray<SetPart> Parts)
{
    public static readonly ImmutableArray<SetType> All =
    [
        new("bitmap:ip", SetMethod.Bitmap, [SetPart.Address]),
        new("bitmap:ip,mac", SetMethod.Bitmap, [SetPart.Address, SetPart.Mac]),
        new("bitmap:port", SetMethod.Bitmap, [SetPart.Port]),
        new("hash:ip", SetMethod.Hash, [SetPart.Address]),
        new("hash:mac", SetMethod.Hash, [SetPart.Mac]),
        new("hash:ip,mac", SetMethod.Hash, [SetPart.Address, SetPart.Mac]),
        new("hash:ip,mark", SetMethod.Hash, [SetPart.Address, SetPart.Mark]),
        new("hash:ip,port", SetMethod.Hash, [SetPart.Address, SetPart.Port]),
        new("hash:ip,port,ip", SetMethod.Hash, [SetPart.Address, SetPart.Port, SetPart.Address]),
        new("hash:ip,port,net", SetMethod.Hash, [SetPart.Address, SetPart.Port, SetPart.Net]),
        new("hash:net", SetMethod.Hash, [SetPart.Net]),
        new("hash:net,iface", SetMethod.Hash, [SetPart.Net, SetPart.Interface]),
        new("hash:net,net", SetMethod.Hash, [SetPart.Net, SetPart.Net]),
        new("hash:net,port", SetMethod.Hash, [SetPart.Net, SetPart.Port]),
        new("hash:net,port,net", SetMethod.Hash, [SetPart.Net, SetPart.Port, SetPart.Net]),
        new("list:set", SetMethod.List, [SetPart.Member]),
    ];

    /// <summary>Names of ipset before version 5; still read.</summary>
    private static readonly ImmutableDictionary<string, string> OldNames = ImmutableDictionary.CreateRange(StringComparer.Ordinal,
    [
        KeyValuePair.Create("ipmap", "bitmap:ip"), new("macipmap", "bitmap:ip,mac"), new("portmap", "bitmap:port"), new("iphash", "hash:ip"),
        new("ipporthash", "hash:ip,port"), new("ipportiphash", "hash:ip,port,ip"), new("ipportnethash", "hash:ip,port,net"), new("nethash", "hash:net"),
        new("netporthash", "hash:net,port"), new("setlist", "list:set"),
    ]);

    /// <summary>How many of <c>src</c> and <c>dst</c> a match must give.</summary>
    public int Dimension => Parts.Length;

    /// <summary>Whether its elements are of one address family; the others serve both.</summary>
    public bool HasFamily => Parts.Any(p => p is SetPart.Address or SetPart.Net);

    /// <summary>Whether elements may say <c>nomatch</c>.</summary>
    public bool HasNets => Parts.Contains(SetPart.Net);

    /// <summary>bitmap:port has ports without a protocol.</summary>
    public bool HasBarePorts => Method == SetMethod.Bitmap;

    public static SetType? Find(string name) => All.FirstOrDefault(t => t.Name == (OldNames.TryGetValue(name, out var current) ? current : name));

    public bool Equals(SetType? other) => ReferenceEquals(this, other) || (other is not null && Name == other.Name);

    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Name;
}
