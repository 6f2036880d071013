using System.Collections.Immutable;
using System.CommandLine;
using System.Text;
using Firewall.Cli.Input;
using Firewall.Compiler;
using Firewall.Compiler.Placement;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;

namespace Firewall.Cli.Options;

/// <summary>Whether the kernel reassembles fragments before the chain.</summary>
internal enum Defrag
{
    Auto,
    On,
    Off,
}

/// <summary>Where in the kernel the rules are to stand: the same options for compile, check, run, explain and attach.</summary>
internal sealed class HookOptions
{
    /// <summary>IFNAMSIZ less its terminator.</summary>
    private const int LongestInterfaceName = 15;

    public Option<Hook> Chain { get; } = Choice.Option(
        "--chain", "The chain of the filter table that judges packets (INPUT when not given).", ("INPUT", Hook.Input), ("FORWARD", Hook.Forward), ("OUTPUT", Hook.Output));

    public Option<string?> Interface { get; } = InterfaceName("--interface", "The interface that packets come in by.", "-i");

    public Option<string?> OutInterface { get; } = InterfaceName("--out-interface", "FORWARD: the interface that packets leave by.");

    public Option<Defrag> Defrag { get; } = Choice.Option(
        "--defrag", "Whether the kernel reassembles fragments before FORWARD; auto: when any table of the file tracks connections or has a nat rule.",
        ("auto", Options.Defrag.Auto), ("on", Options.Defrag.On), ("off", Options.Defrag.Off));

    public IEnumerable<Symbol> All => [Chain, Interface, OutInterface, Defrag];

    /// <summary>The rules that packets meet at the hook.</summary>
    public HostRules Rules(HostFiles files, Invocation invocation)
    {
        var (chain, ipv4, ipv6) = (invocation.Get(Chain), files.Of(Family.IPv4)?.Policy, files.Of(Family.IPv6)?.Policy);
        return chain == Hook.Output ? HostRules.AtHook(chain, ipv4, ipv6) : HostRules.From(chain, ipv4, ipv6);
    }

    /// <summary>Compile options as far as these options and the files decide them.</summary>
    public CompileOptions CompileOptions(HostFiles files, Invocation invocation)
    {
        var chain = invocation.Get(Chain);
        return CompileOptions(files, invocation, [chain]) with { Program = chain == Hook.Output ? ProgramKind.Netfilter : ProgramKind.Xdp };
    }

    /// <summary>As for one chain; no chains are all.</summary>
    public CompileOptions CompileOptions(HostFiles files, Invocation invocation, ImmutableArray<Hook> chains)
    {
        var isInputOnly = chains is [Hook.Input];
        if (invocation.Has(OutInterface) && isInputOnly)
        {
            invocation.Conversation.Warn("--out-interface means nothing for INPUT: packets to the host leave by no interface");
        }

        var (ipv4, ipv6, defrag) = (files.Of(Family.IPv4), files.Of(Family.IPv6), invocation.Get(Defrag));
        return new CompileOptions
        {
            Interface = invocation.Get(Interface),
            OutInterface = isInputOnly ? null : invocation.Get(OutInterface),
            DefragmentsIPv4 = Reassembles(ipv4, defrag),
            DefragmentsIPv6 = Reassembles(ipv6, defrag),
            TracksConnections = files.All.Any(f => Defragmentation.IsSwitchedOnBy(f.Policy)),
            UsesHelpers = files.All.Any(f => ConnectionUse.GivesHelpers(f.Policy)),
            UsesZones = files.All.Any(f => ConnectionUse.MakesZones(f.Policy)),
            Sets = files.Sets,
            FileIPv4 = ipv4?.Name ?? "rules",
            FileIPv6 = ipv6?.Name ?? "rules6",
        };
    }

    private static bool Reassembles(RuleFile? file, Defrag defrag) => defrag switch
    {
        Options.Defrag.On => true,
        Options.Defrag.Off => false,
        _ => file is not null && Defragmentation.IsSwitchedOnBy(file.Policy),
    };

    /// <summary>An option for the name of a network interface; a name that no device can have is refused (dev_valid_name in net/core/dev.c).</summary>
    public static Option<string?> InterfaceName(string name, string description, params string[] aliases)
    {
        var option = new Option<string?>(name, aliases) { HelpName = "NAME", Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token, ..] && !CanBeInterface(token.Value)) { result.AddError($"no network interface can be called '{token.Value}'"); }
        });
        return option;
    }

    public static bool CanBeInterface(string name) =>
        Encoding.UTF8.GetByteCount(name) is > 0 and <= LongestInterfaceName && name is not ("." or "..") && !name.Any(c => c is '/' or ':' || char.IsWhiteSpace(c));
}
