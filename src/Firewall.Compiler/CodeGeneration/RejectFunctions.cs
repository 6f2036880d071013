using System.Collections.Immutable;
using Firewall.Bpf.Objects;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Targets;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// The answers that a rule set's REJECT targets give, one global function each: it turns the packet into its answer in place. It decides first and
/// changes afterwards, so a packet that it does not answer is still whole.
/// </summary>
/// <remarks>
/// In a tail, with the context in R6 and the parser's facts in <see cref="Scratch"/>:
/// <code>
/// asm.Move(R1, R6);
/// asm.Call(rejects.NameOf(with, hook));
/// asm.JumpIf(Condition.Equal, R0, RejectFunctions.Unknown, tails.Defer(DeferReason.Reject)); // nothing was changed or counted
/// asm.JumpIf(Condition.Equal, R0, RejectFunctions.Silent, tails.Drop);
/// // store the verdict "dropped", commit, then
/// asm.Move(R0, 3); // XDP_TX
/// asm.Exit();
/// </code>
/// The commit must not be able to defer any more: defer before the call when <see cref="Scratch.LogCount"/> is above <see cref="Scratch.LogCapacity"/>, and
/// make sure that conntrack may miss the packet. Packet pointers do not survive the call.
/// The object needs <see cref="RejectMaps.All"/> when <see cref="IsEmpty"/> is false, and the loader writes <see cref="RejectMaps.Limits"/>.
/// </remarks>
public sealed class RejectFunctions
{
    /// <summary>A function's result: no answer, the packet is just dropped.</summary>
    public const int Silent = 0;

    /// <summary>A function's result: the frame is the answer, to be sent out of the interface that the packet came in by (XDP_TX).</summary>
    public const int Answered = 1;

    /// <summary>A function's result: the kernel must see to the packet, which is as it was.</summary>
    public const int Unknown = 2;

    private readonly Dictionary<(RejectWith With, Hook Hook), string> _names = [];

    public bool IsEmpty => _names.Count == 0;

    /// <summary>The function that answers packets rejected at a hook: <c>f(ctx)</c>; made on first use.</summary>
    public string NameOf(RejectWith with, Hook hook)
    {
        if (!_names.TryGetValue((with, hook), out var name))
        {
            name = $"reject{(int)with.Family}_{(with.IsReset ? "reset" : with.Alias.Replace('-', '_'))}_{(hook == Hook.Input ? "input" : "forward")}";
            _names.Add((with, hook), name);
        }

        return name;
    }

    /// <summary>The answers asked for, and what they share; nothing when none is.</summary>
    public ImmutableArray<BpfFunction> Build() => IsEmpty ? []
        : [.. _names.Select(p => new RejectEmitter(p.Value, p.Key.With, p.Key.Hook).Build()), .. RejectSum.Build(), RejectRate.Build()];
}
