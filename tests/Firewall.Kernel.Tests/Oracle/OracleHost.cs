using System.Collections.Immutable;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Network;
using Firewall.Kernel.Tests.Rig;

namespace Firewall.Kernel.Tests.Oracle;

/// <summary>
/// A host in a private network namespace that filters with the kernel's own iptables (legacy back end): rules go in as text,
/// frames are injected, and for each of them the verdict is known when <see cref="Send"/> returns.
/// </summary>
/// <remarks>
/// Interfaces eth0 and eth1 are tap devices, so a frame is through when it is written. The verdict is asked in the table
/// "security", which comes right behind "filter" on INPUT and FORWARD: what gets there passed. There it is logged to our own netlink
/// socket and then, unless <see cref="Afterwards.Deliver"/> is chosen, dropped, so that the host never answers and no connection is
/// ever confirmed. Packets of the host's own never get to the filter's OUTPUT.
/// </remarks>
public sealed class OracleHost : IDisposable
{
    private const ushort Group = 5;

    private readonly AddressFamily _family;
    private readonly Afterwards _afterwards;
    private readonly NetworkNamespace _namespace;
    private readonly ImmutableDictionary<string, string> _environment;
    private readonly Dictionary<string, TapDevice> _devices = [];
    private readonly SystemTool _restore;
    private readonly SystemTool _save;
    private readonly PassedPackets _passed;

    private OracleHost(AddressFamily family, bool forwarding, Afterwards afterwards)
    {
        _family = family;
        _afterwards = afterwards;
        var prefix = family == AddressFamily.Ipv4 ? "iptables" : "ip6tables";
        _restore = SystemTool.Find($"{prefix}-legacy-restore")!;
        _save = SystemTool.Find($"{prefix}-legacy-save")!;
        _namespace = NetworkNamespace.Create();

        // The tools lock out each other across namespaces; a lock file of our namespace's own keeps hosts independent.
        _environment = ImmutableDictionary<string, string>.Empty.Add("XTABLES_LOCKFILE", "/proc/self/ns/net");
        _passed = _namespace.Run(() =>
        {
            Furnish(forwarding);
            return new PassedPackets(Group);
        });
        Load("*filter\nCOMMIT\n");
        InstallProbe();
    }

    /// <summary>Where frames to this host must be addressed: eth0.</summary>
    public static readonly MacAddress Mac = MacAddress.Parse("02:00:00:00:00:01");

    /// <summary>The MAC address of eth1.</summary>
    public static readonly MacAddress OtherMac = MacAddress.Parse("02:00:00:00:01:01");

    /// <summary>Interfaces, addresses and the probe are ready; the filter table is there and empty.</summary>
    /// <param name="family">One host speaks one family, so that the other cannot disturb its counters.</param>
    /// <param name="forwarding">Whether packets for others get to FORWARD.</param>
    public static OracleHost Create(AddressFamily family, bool forwarding = false, Afterwards afterwards = Afterwards.Discard) =>
        new(family, forwarding, afterwards);

    /// <summary>Replaces the tables that the text names, counters at zero.</summary>
    public void Load(string rules)
    {
        if (TryLoad(rules) is { } refusal)
        {
            throw new KernelException("load the rules", Errno.None, refusal);
        }
    }

    /// <summary>Null when the rules are loaded, else why iptables-restore refuses them.</summary>
    public string? TryLoad(string rules)
    {
        var outcome = Restore(rules);
        if (rules.Contains("*raw", StringComparison.Ordinal) || rules.Contains("*security", StringComparison.Ordinal))
        {
            InstallProbe();
        }

        _passed.Any();
        return outcome.ExitCode == 0 ? null : outcome.Errors.Trim();
    }

    /// <summary>Replaces all sets by those of the text and the filter table by an empty one; null, or why ipset refuses them.</summary>
    public string? TryLoadSets(string sets)
    {
        Load("*filter\nCOMMIT\n");
        var ipset = SystemTool.Find("ipset")!;

        // Members of a list are in use until it is empty.
        _namespace.Run(() => ipset.Try("", _environment, "flush"));
        var cleared = _namespace.Run(() => ipset.Try("", _environment, "destroy"));
        Assert.True(cleared.ExitCode == 0, cleared.Errors);
        var outcome = _namespace.Run(() => ipset.Try(sets, _environment, "restore"));
        return outcome.ExitCode == 0 ? null : outcome.Errors.Trim();
    }

    /// <summary>What <c>ipset save</c> prints.</summary>
    public string SaveSets() => _namespace.Run(() => SystemTool.Find("ipset")!.Run("save"));

    /// <summary>Lets the frame arrive; true when a packet passed the filter because of it.</summary>
    public bool Send(ReadOnlySpan<byte> frame, string arriving = "eth0")
    {
        _devices[arriving].Write(frame);
        return _passed.Any();
    }

    /// <summary>The next frame that the host sent out of that interface, empty when there is none.</summary>
    public byte[] Receive(string leaving) => _devices[leaving].Read();

    /// <summary>All chains of the filter table with the counts since they were loaded.</summary>
    public ImmutableArray<ChainCounters> Counters(string table = "filter")
    {
        var outcome = _namespace.Run(() => _save.Try("", _environment, "-c", "-t", table));
        return outcome.ExitCode == 0
            ? ChainCounters.Parse(outcome.Output)
            : throw new KernelException("save the rules", Errno.None, outcome.Errors);
    }

    /// <summary>Where the host is.</summary>
    public NetworkNamespace Namespace => _namespace;

    public void Dispose()
    {
        _passed.Dispose();
        foreach (var device in _devices.Values)
        {
            device.Dispose();
        }

        _namespace.Dispose();
    }

    private ToolOutcome Restore(string rules, params string[] arguments) => _namespace.Run(() => _restore.Try(rules, _environment, arguments));

    private void InstallProbe()
    {
        var end = _afterwards == Afterwards.Discard ? "DROP" : "ACCEPT";
        var outcome = Restore(
            $"""
            *raw
            -A OUTPUT -j DROP
            COMMIT
            *security
            -A INPUT -j NFLOG --nflog-group {Group} --nflog-threshold 1
            -A INPUT -j {end}
            -A FORWARD -j NFLOG --nflog-group {Group} --nflog-threshold 1
            -A FORWARD -j {end}
            COMMIT

            """,
            "--noflush");
        Assert.True(outcome.ExitCode == 0, outcome.Errors);
    }

    private void Furnish(bool forwarding)
    {
        IpCommand.Set("net/ipv4/conf/all/rp_filter", "0");
        IpCommand.Set("net/ipv4/conf/default/rp_filter", "0");
        IpCommand.Set("net/ipv6/conf/default/accept_dad", "0");
        IpCommand.Set("net/ipv6/conf/default/accept_ra", "0");
        IpCommand.Set("net/ipv6/conf/default/autoconf", "0");
        IpCommand.Set("net/ipv6/conf/default/addr_gen_mode", "1");
        IpCommand.Set("net/ipv6/conf/default/router_solicitations", "0");
        if (_family == AddressFamily.Ipv4)
        {
            IpCommand.Set("net/ipv6/conf/all/disable_ipv6", "1");
            IpCommand.Set("net/ipv6/conf/default/disable_ipv6", "1");
        }

        _devices.Add("eth0", new TapDevice("eth0"));
        _devices.Add("eth1", new TapDevice("eth1"));
        IpCommand.Batch($"""
            link set lo up
            link set eth0 address {Mac} up
            link set eth1 address {OtherMac} up

            """ + AddressesOf(_family));
        IpCommand.Set("net/ipv4/ip_forward", forwarding ? "1" : "0");
        IpCommand.Set("net/ipv6/conf/all/forwarding", forwarding ? "1" : "0");
    }

    /// <summary>Addresses, neighbours and routes of the two interfaces, for ip(8).</summary>
    internal static string AddressesOf(AddressFamily family) => family == AddressFamily.Ipv4 ? Ipv4Addresses : Ipv6Addresses;

    private const string Ipv4Addresses =
        """
        addr add 10.0.0.1/24 dev eth0
        addr add 192.0.2.1/24 dev eth0
        addr add 203.0.113.1/24 dev eth1
        neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
        neigh add 203.0.113.9 lladdr 02:00:00:00:01:09 dev eth1 nud permanent
        route add default via 10.0.0.2 dev eth0

        """;

    private const string Ipv6Addresses =
        """
        addr add 2001:db8::1/64 dev eth0 nodad
        addr add 2001:db8:1::1/64 dev eth0 nodad
        addr add 2001:db8:2::1/64 dev eth1 nodad
        neigh add 2001:db8::2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
        neigh add 2001:db8:2::9 lladdr 02:00:00:00:01:09 dev eth1 nud permanent
        route add default via 2001:db8::2 dev eth0

        """;
}

/// <summary>What becomes of a packet that passed the filter.</summary>
public enum Afterwards
{
    /// <summary>It is dropped: the host stays silent and forgets it, every packet meets the same host.</summary>
    Discard,

    /// <summary>It goes on to its socket or out of the other interface; connections get confirmed.</summary>
    Deliver,
}
