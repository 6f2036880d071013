using System.Collections.Immutable;
using Firewall.Cli.Attachment;
using Firewall.Kernel.Links;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Network;
using Firewall.Kernel.Pins;
using Firewall.Kernel.Tests;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Kernel.Tests.Rig;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;

namespace Firewall.Cli.Tests.Attachment;

/// <summary>
/// A host in a private network namespace whose interface eth0 fwc guards: a tap device, so that what became of a frame is known when
/// <see cref="Lets"/> returns, with addresses 10.0.0.1/24 and 192.0.2.1/24. Pins are on a private bpffs.
/// </summary>
internal sealed class GuardedHost : IDisposable
{
    private readonly PrivateBpffs _bpffs;
    private readonly TapDevice _device;
    private readonly PassedFrames _passed;

    public GuardedHost(string? furniture = null)
    {
        KernelRequired.Tools("ip");
        _bpffs = new PrivateBpffs();
        Space = NetworkNamespace.Create();
        (_device, _passed) = Space.Run(() =>
        {
            IpCommand.Set("net/ipv6/conf/all/disable_ipv6", "1");
            IpCommand.Set("net/ipv6/conf/default/disable_ipv6", "1");
            IpCommand.Set("net/ipv4/conf/all/rp_filter", "0");
            IpCommand.Set("net/ipv4/conf/default/rp_filter", "0");
            var device = new TapDevice("eth0");
            IpCommand.Batch($"""
                link set lo up
                link set eth0 address {OracleHost.Mac} up
                addr add 10.0.0.1/24 brd + dev eth0
                addr add 192.0.2.1/24 brd + dev eth0
                neigh add 10.0.0.2 lladdr {Frames.Sender} dev eth0 nud permanent
                {furniture}

                """);
            return (device, new PassedFrames(NetworkInterfaces.Get("eth0").Index, Frames.Sender));
        });
    }

    public NetworkNamespace Space { get; }

    public PinRoot Pins => _bpffs.Root;

    public CarriedXdp Xdp => Space.Run(() => NetworkInterfaces.Get("eth0")).Xdp;

    /// <summary>A policy from the lines of its filter table.</summary>
    public static Policy Policy(string filter, Family family = Family.IPv4)
    {
        var name = family == Family.IPv4 ? "rules.txt" : "rules6.txt";
        var binding = Binder.Bind(RuleSetReader.Read(SourceText.From($"*filter\n{filter}\nCOMMIT\n", name), family), new BindOptions(family));
        Assert.True(binding.Policy is not null, string.Join('\n', binding.Diagnostics.Select(d => d.Message)));
        return binding.Policy!;
    }

    public static AttachRequest Request(params ImmutableArray<Policy> policies) => new(policies, "eth0") { Options = new() { FileIPv4 = "rules.txt", FileIPv6 = "rules6.txt" } };

    public AttachOutcome Attach(AttachRequest request) => Space.Run(() => new Attacher(Pins, TimeProvider.System).Attach(request));

    public AttachOutcome Attach(string filter) => Attach(Request(Policy(filter)));

    public DetachOutcome Detach() => Space.Run(() => new Detacher(Pins).Detach("eth0"));

    /// <summary>Lets a frame arrive; true when XDP let it through to the stack.</summary>
    public bool Lets(ReadOnlySpan<byte> frame)
    {
        _device.Write(frame);
        return _passed.Count() > 0;
    }

    public CounterReading Counters()
    {
        using var firewall = PinnedFirewall.Open(Pins, Space.Inode, "eth0");
        return CounterReading.Of(firewall);
    }

    /// <summary>Packets of each rule of the chain, then of its policy.</summary>
    public ulong[] Packets(string chain = "INPUT", Family family = Family.IPv4)
    {
        var reading = Counters().Families.Single(f => f.Family == family).Chains.Single(c => c.Chain.Name == chain);
        return [.. reading.Rules.Select(r => r.Counters.Packets), .. reading.Chain.IsBuiltIn ? [reading.Policy.Packets] : Array.Empty<ulong>()];
    }

    /// <summary>Frames deferred for each reason that occurred.</summary>
    public Dictionary<string, ulong> Deferred() => Counters().Deferred.Where(d => d.Counters.Packets > 0).ToDictionary(d => d.Reason, d => d.Counters.Packets);

    /// <summary>Runs a tool of the system in this host's network namespace; it must succeed.</summary>
    public string Tool(string name, string input = "", params string[] arguments)
    {
        KernelRequired.Tools(name);

        // The tools lock out each other across namespaces; a lock file of our namespace's own keeps hosts independent.
        var lockFile = ImmutableDictionary<string, string>.Empty.Add("XTABLES_LOCKFILE", "/proc/self/ns/net");
        var outcome = Space.Run(() => SystemTool.Find(name)!.Try(input, lockFile, arguments));
        Assert.True(outcome.ExitCode == 0, $"{name}: {outcome.Errors}");
        return outcome.Output;
    }

    public void Dispose()
    {
        _passed.Dispose();
        _device.Dispose();
        _bpffs.Dispose();
        Space.Dispose();
    }
}
