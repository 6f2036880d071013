using System.Collections.Immutable;
using Firewall.Compiler;
using Firewall.Rules.Evaluation;

namespace Firewall.Cli.Attachment;

/// <summary>What is done with deferred packets, and what the user must know about it.</summary>
/// <param name="Action">What the program does.</param>
/// <param name="Reason">Why: one sentence without a full stop.</param>
/// <param name="IsSurprising">It is not what the user asked for, or packets pass to rules that are not those of the file.</param>
internal sealed record DeferredDecision(DeferredAction Action, string Reason, bool IsSurprising)
{
    /// <summary>Fails closed: only rules known to be the same may judge what the program cannot.</summary>
    public static DeferredDecision Make(DeferredChoice choice, HostRules rules)
    {
        if (choice == DeferredChoice.Drop) { return new(DeferredAction.Drop, "deferred packets are dropped, as asked", IsSurprising: false); }
        var installed = InstalledRules.ComparedWith(rules);
        if (installed.AreTheSame) { return new(DeferredAction.Kernel, $"deferred packets pass to the kernel: {installed.Explanation}", IsSurprising: false); }
        return choice == DeferredChoice.Kernel
            ? new(DeferredAction.Kernel, $"deferred packets pass to the kernel, which does not hold the rules of the file: {installed.Explanation}", IsSurprising: true)
            : new(DeferredAction.Drop, $"deferred packets are dropped: {installed.Explanation}", IsSurprising: true);
    }

    /// <summary>The traffic that dropping loses; nothing where the kernel gets it.</summary>
    public ImmutableArray<string> Losses(HostRules rules, CompileOptions options, HostDestinations destinations) =>
        Action == DeferredAction.Drop ? [.. DeferredTraffic.Of(rules, options, destinations)] : [];
}
