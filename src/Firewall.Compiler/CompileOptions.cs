using System.Collections.Immutable;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Sets;

namespace Firewall.Compiler;

/// <summary>What the program does with a packet it defers.</summary>
public enum DeferredAction
{
    /// <summary>Fail closed: the packet is dropped, and counted under its reason.</summary>
    Drop,

    /// <summary>The packet goes to the kernel, whose own iptables decides.</summary>
    Kernel,
}

/// <summary>Which packets the chain is asked about.</summary>
public enum DestinationScope
{
    /// <summary>Every packet is the chain's.</summary>
    Any,

    /// <summary>INPUT judges packets to the addresses in the host maps, FORWARD all others; the rest is deferred.</summary>
    HostAddresses,
}

/// <summary>Where the kernel runs the program.</summary>
public enum ProgramKind
{
    /// <summary>In the driver, before everything else (BPF_PROG_TYPE_XDP).</summary>
    Xdp,

    /// <summary>At the chain's own netfilter hook, just before iptables (BPF_PROG_TYPE_NETFILTER).</summary>
    Netfilter,
}

/// <summary>Everything besides the rules that shapes the program.</summary>
public sealed record CompileOptions
{
    public ProgramKind Program { get; init; } = ProgramKind.Xdp;

    /// <summary>Profile offload: the program only drops, and only what is certainly dropped; iptables judges and remembers the rest.</summary>
    public bool OnlyCertainDrops { get; init; }

    /// <summary>What becomes of refused packets; <see cref="RejectMode.Xdp"/> means something for XDP programs only.</summary>
    public RejectMode Reject { get; init; }

    public LogMode Log { get; init; }

    /// <summary>Whether anything in the network namespace uses connection tracking: then XDP drops no packet that tracking may know.</summary>
    public bool TracksConnections { get; init; }

    /// <summary>Whether XDP programs can ask connection tracking (Linux 5.18).</summary>
    public bool KnowsConnections { get; init; } = true;

    /// <summary>Whether something expects connections, so that their first packets may be RELATED: a rule gives connections a helper.</summary>
    public bool UsesHelpers { get; init; }

    /// <summary>Whether a rule divides connections into zones: then nobody knows in which to look.</summary>
    public bool UsesZones { get; init; }

    /// <summary>What is taken for granted although the kernel does not promise it.</summary>
    public Approximations Approximations { get; init; }

    /// <summary>The interface the program is specialised for; null keeps a map of interfaces that the loader fills.</summary>
    public string? Interface { get; init; }

    /// <summary>FORWARD only: the output interface; null when it is not known, and rules that ask for it defer.</summary>
    public string? OutInterface { get; init; }

    /// <summary>Whether the kernel reassembles IPv4 fragments before FORWARD (it always does before INPUT).</summary>
    public bool DefragmentsIPv4 { get; init; }

    /// <summary>Whether the kernel reassembles IPv6 fragments before the chain.</summary>
    public bool DefragmentsIPv6 { get; init; }

    public DeferredAction Deferred { get; init; } = DeferredAction.Drop;

    /// <summary>Which IPv4 packets the chain is asked about. Families differ: a host may forward one and not the other.</summary>
    public DestinationScope DestinationsIPv4 { get; init; } = DestinationScope.Any;

    /// <summary>Which IPv6 packets the chain is asked about.</summary>
    public DestinationScope DestinationsIPv6 { get; init; } = DestinationScope.Any;

    /// <summary>The interface's own MAC address; frames to other unicast addresses are deferred. Empty takes every address as ours.</summary>
    public ImmutableArray<byte> HostMac { get; init; } = [];

    /// <summary>Answers of DHCP servers to this host always pass; in FORWARD that asks for <see cref="DestinationScope.HostAddresses"/>.</summary>
    public bool PassDhcp { get; init; }

    /// <summary>The kernel's <c>HZ</c>: jiffies a second. Rates are kept in jiffies.</summary>
    public uint Hertz { get; init; } = Memories.DefaultHertz;

    /// <summary>The sets that rules name; their contents are loaded with the program. Null: none are known.</summary>
    public SetCatalog? Sets { get; init; }

    /// <summary><c>jiffies64</c> when the program is loaded: elements of sets with a timeout live from then on.</summary>
    public ulong Jiffies { get; init; }

    /// <summary>Name of the IPv4 rule file, for the line table.</summary>
    public string FileIPv4 { get; init; } = "rules";

    /// <summary>Name of the IPv6 rule file, for the line table.</summary>
    public string FileIPv6 { get; init; } = "rules6";

    public DestinationScope DestinationsOf(Family family) => family == Family.IPv4 ? DestinationsIPv4 : DestinationsIPv6;
}
