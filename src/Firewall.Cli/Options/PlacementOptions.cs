using System.Collections.Immutable;
using System.CommandLine;
using Firewall.Cli.Input;
using Firewall.Compiler.Placement;
using Firewall.Rules.Evaluation;

namespace Firewall.Cli.Options;

/// <summary>Which chains are compiled for which hooks, and what is promised: the same options for compile, check and assess.</summary>
internal sealed class PlacementOptions
{
    private readonly HookOptions _hook = new();

    public Option<Hook[]> Chains { get; } = Choice.Several(
        "--chain", "The chains of the filter table (when not given: all that do something). May be repeated.",
        ("INPUT", Hook.Input), ("FORWARD", Hook.Forward), ("OUTPUT", Hook.Output));

    public Option<Hooks[]> Hooks { get; } = Choice.Several(
        "--hook", "Where packets are judged: xdp, netfilter, or both: certain drops early, all else at the hook (when not given: chosen for each chain).",
        ("xdp", Compiler.Placement.Hooks.Xdp), ("netfilter", Compiler.Placement.Hooks.Netfilter));

    public Option<Profile> Profile { get; } = Choice.Option(
        "--profile", "exact (when not given): every rule or nothing; offload: iptables stays and decides, XDP drops before it what it would certainly drop.",
        ("exact", Compiler.Placement.Profile.Exact), ("offload", Compiler.Placement.Profile.Offload));

    public Option<RejectMode> Reject { get; } = Choice.Option(
        "--reject", "What becomes of packets that REJECT refuses: left to the kernel (when not given), answered from XDP, or dropped without an answer.",
        ("deferred", RejectMode.Deferred), ("xdp", RejectMode.Xdp), ("drop", RejectMode.Drop));

    public Option<LogMode> Log { get; } = Choice.Option(
        "--log", "What becomes of packets that LOG meets: left to the kernel (when not given), or written to a ring buffer for fwc log.",
        ("deferred", LogMode.Deferred), ("ring", LogMode.Ring));

    /// <summary>None of the values is the one that this version does not have.</summary>
    public Option<Approximations[]> Approximate { get; } = Choice.Several(
        "--approximate", "Take for certain what XDP cannot know of a connection (when not given: nothing). May be repeated.",
        ("ct-window", Approximations.CtWindow), ("ct-checksum", Approximations.CtChecksum), ("ct-icmp", Approximations.None));

    public Option<string?> Interface => _hook.Interface;

    public IEnumerable<Symbol> All => [Chains, _hook.Interface, _hook.OutInterface, _hook.Defrag, Hooks, Profile, Reject, Log, Approximate];

    /// <summary>What is to be placed.</summary>
    /// <exception cref="CommandFailedException">An approximation that this version does not have.</exception>
    public PlanRequest Request(HostFiles files, Invocation invocation)
    {
        var approximations = invocation.Get(Approximate) ?? [];
        if (approximations.Contains(Approximations.None)) { throw new CommandFailedException(ExitCode.NotSupported, "--approximate ct-icmp is not available in this version", "--hook netfilter knows the state of connections exactly"); }

        ImmutableArray<Hook> chains = [.. (invocation.Get(Chains) ?? []).Distinct().Order()];
        var options = _hook.CompileOptions(files, invocation, chains) with { Reject = invocation.Get(Reject), Log = invocation.Get(Log), Approximations = approximations.Aggregate(Approximations.None, (a, b) => a | b) };
        return files.Request(options, invocation.Get(Hooks) is { Length: > 0 } hooks ? hooks.Aggregate((a, b) => a | b) : null, chains) with { Profile = invocation.Get(Profile) };
    }
}
