using System.Collections.Immutable;
using Firewall.Compiler;

namespace Firewall.Cli.Attachment;

/// <summary>What was attached, and what the user should know about it.</summary>
/// <param name="ProgramId">The kernel's number for the program, as bpftool shows it.</param>
/// <param name="NativeRefusal">Why the program runs in generic mode although native mode was tried; null when it was not, or works.</param>
/// <param name="Losses">The traffic that is lost because deferred packets are dropped.</param>
/// <param name="HadRemains">Pins of an earlier firewall, attached to nothing any more, were cleared away.</param>
internal sealed record AttachOutcome(
    FirewallNote Note,
    CompiledFirewall Firewall,
    uint ProgramId,
    string? NativeRefusal,
    DeferredDecision Deferred,
    ImmutableArray<string> Losses,
    bool HadRemains);
