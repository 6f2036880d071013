using System.Collections.Immutable;
using Firewall.Compiler;
using Firewall.Kernel.Links;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;

namespace Firewall.Cli.Attachment;

/// <summary>What is to be attached, as the user asked for it.</summary>
/// <param name="Policies">The rule files, one of either family or both; placement has checked them.</param>
/// <param name="Interface">Where.</param>
internal sealed record AttachRequest(ImmutableArray<Policy> Policies, string Interface)
{
    public Hook Hook { get; init; } = Hook.Input;

    /// <summary>What options and files decide alone: names of files and of the output interface, reassembly.</summary>
    public CompileOptions Options { get; init; } = new();

    public DeferredChoice Deferred { get; init; } = DeferredChoice.Auto;

    /// <summary>Null tries native mode, then generic.</summary>
    public XdpMode? Mode { get; init; }

    /// <summary>Whether answers of DHCP servers go through the rules like everything else.</summary>
    public bool JudgesDhcp { get; init; }

    public HostRules Rules => HostRules.From(Hook, PolicyOf(Family.IPv4), PolicyOf(Family.IPv6));

    private Policy? PolicyOf(Family family) => Policies.FirstOrDefault(p => p.Family == family);
}
