using Firewall.Rules.Meaning;

namespace Firewall.Rules.Evaluation;

/// <summary>How the evaluation of a guard ends.</summary>
public enum GuardOutcome
{
    Match,
    NoMatch,
    Hotdrop,
    Unknown,
}

/// <summary>The end of a guard's evaluation.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Atom">For no match and hotdrop: the atom that decided.</param>
/// <param name="Reason">For unknown: what would have to be known.</param>
/// <param name="Counts">Whether the rule counts the packet: it matches, or its hotdrop is of those that count.</param>
public readonly record struct GuardResult(GuardOutcome Outcome, int? Atom = null, DeferReason? Reason = null, bool Counts = false);

/// <summary>Asks a guard of a packet, atom by atom, in the order in which the kernel asks the matches of a rule. Obviously right, never fast.</summary>
public static class GuardEvaluator
{
    public static GuardResult Evaluate(Guard guard, PacketView packet)
    {
        DeferReason? unknown = null;
        int? dropped = null;
        for (var i = 0; i < guard.Atoms.Length; i++)
        {
            switch (Ask(guard.Atoms[i], packet))
            {
                case Answer.No:
                    return dropped is null ? new(GuardOutcome.NoMatch, Atom: i) : new(GuardOutcome.Hotdrop, dropped);
                case Answer.Hotdrop when unknown is not null:
                    return new(GuardOutcome.Unknown, Reason: unknown);
                case Answer.Hotdrop when guard.Atoms[i] is Search { CountsHotdrop: true }:
                    dropped ??= i;
                    break;
                case Answer.Hotdrop:
                    return new(GuardOutcome.Hotdrop, dropped ?? i);
                case Answer.UnknownInInterface:
                    unknown ??= DeferReason.InInterface;
                    break;
                case Answer.UnknownOutInterface:
                    unknown ??= DeferReason.OutInterface;
                    break;
            }
        }

        return unknown is not null ? new(GuardOutcome.Unknown, Reason: unknown)
            : dropped is not null ? new(GuardOutcome.Hotdrop, dropped, Counts: true)
            : new(GuardOutcome.Match, Counts: true);
    }

    private enum Answer
    {
        Yes,
        No,
        Hotdrop,
        UnknownInInterface,
        UnknownOutInterface,
    }

    private static Answer Ask(Atom atom, PacketView packet) => atom switch
    {
        Test test => Yes(Holds(test, packet)),
        AnyOf any => Yes(any.Tests.Any(test => Holds(test, packet))),
        Never => Answer.No,
        InterfaceTest test => Ask(test, packet),
        HeaderGate gate => Ask(gate, packet),
        ChainGate => packet.ChainEnd == ChainEnd.Protocol ? Answer.Yes : Answer.Hotdrop,
        HotdropUnless must => Holds(must.Test, packet) ? Answer.Yes : Answer.Hotdrop,
        Search search => StepInterpreter.Run(search.Program, packet) switch
        {
            SearchResult.Hotdrop => Answer.Hotdrop,
            var result => Yes((result == SearchResult.Match) != search.Negated),
        },
        _ => throw new ArgumentOutOfRangeException(nameof(atom)),
    };

    private static Answer Ask(InterfaceTest test, PacketView packet)
    {
        var context = packet.Context;
        var device = test switch
        {
            { IsPrefix: true, Name: "" } => "",
            { Direction: InterfaceDirection.In } => context.InInterface,
            _ => context.Hook == Hook.Input ? "" : context.OutInterface,
        };
        return device is null
            ? test.Direction == InterfaceDirection.In ? Answer.UnknownInInterface : Answer.UnknownOutInterface
            : Yes(test.Fits(device));
    }

    private static Answer Ask(HeaderGate gate, PacketView packet)
    {
        if (gate.Base == HeaderBase.Transport && packet.ChainEnd != ChainEnd.Protocol) { return Short(gate); }
        return packet.Offset(gate.Base) is { } start
            ? packet.End - start >= gate.Bytes ? Answer.Yes : Short(gate)
            : packet.ChainEnd == ChainEnd.Cut ? Answer.Hotdrop : Answer.No;
    }

    private static Answer Short(HeaderGate gate) => gate.WhenShort == WhenMissing.Hotdrop ? Answer.Hotdrop : Answer.No;

    private static bool Holds(Test test, PacketView packet) => test.Values.Contains(packet.Value(test.Field) & test.Mask);

    private static Answer Yes(bool holds) => holds ? Answer.Yes : Answer.No;
}
