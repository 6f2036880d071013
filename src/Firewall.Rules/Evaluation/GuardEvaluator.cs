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
/// <param name="memory">What stateful atoms remember.</param>
/// <param name="isMemoryOurs">Whether memory may be asked; else atoms that keep memory are unknown, because iptables keeps it.</param>
public sealed class GuardEvaluator(RuleMemory memory, bool isMemoryOurs = true)
{
    /// <summary>Asks a guard as if no packet had come before.</summary>
    public static GuardResult EvaluateAlone(Guard guard, PacketView packet) => new GuardEvaluator(new RuleMemory(new Memories(), guard)).Evaluate(guard, packet);

    public GuardResult Evaluate(Guard guard, PacketView packet)
    {
        DeferReason? unknown = null;
        int? dropped = null;
        for (var i = 0; i < guard.Atoms.Length; i++)
        {
            // Memory must not be asked about packets that are not certain to reach it.
            if (unknown is not null && isMemoryOurs && guard.Atoms[i] is Search { Program.KeepsMemory: true }) { break; }
            var answer = Ask(guard.Atoms[i], packet);
            switch (answer.Kind)
            {
                case AnswerKind.No:
                    return dropped is null ? new(GuardOutcome.NoMatch, Atom: i) : new(GuardOutcome.Hotdrop, dropped);
                case AnswerKind.Hotdrop when unknown is not null:
                    return new(GuardOutcome.Unknown, Reason: unknown);
                case AnswerKind.Hotdrop when guard.Atoms[i] is Search { CountsHotdrop: true }:
                    dropped ??= i;
                    break;
                case AnswerKind.Hotdrop:
                    return new(GuardOutcome.Hotdrop, dropped ?? i);
                case AnswerKind.Unknown:
                    unknown ??= answer.Reason;
                    break;
            }
        }

        return unknown is not null ? new(GuardOutcome.Unknown, Reason: unknown)
            : dropped is not null ? new(GuardOutcome.Hotdrop, dropped, Counts: true)
            : new(GuardOutcome.Match, Counts: true);
    }

    private enum AnswerKind
    {
        Yes,
        No,
        Hotdrop,
        Unknown,
    }

    private readonly record struct Answer(AnswerKind Kind, DeferReason Reason = default)
    {
        public static readonly Answer Yes = new(AnswerKind.Yes);
        public static readonly Answer No = new(AnswerKind.No);
        public static readonly Answer Hotdrop = new(AnswerKind.Hotdrop);

        public static Answer Of(bool holds) => holds ? Yes : No;

        public static Answer Unknown(DeferReason reason) => new(AnswerKind.Unknown, reason);
    }

    private Answer Ask(Atom atom, PacketView packet) => atom switch
    {
        Test test => Ask(test, packet),
        AnyOf any => Ask(any, packet),
        Never => Answer.No,
        Unknowable unknowable => Answer.Unknown(unknowable.Reason),
        InterfaceTest test => Ask(test, packet),
        HeaderGate gate => Ask(gate, packet),
        ChainGate => packet.ChainEnd == ChainEnd.Protocol ? Answer.Yes : Answer.Hotdrop,
        HotdropUnless must => Ask(must.Test, packet) is { Kind: AnswerKind.No } ? Answer.Hotdrop : Ask(must.Test, packet),
        Search search => Ask(search, packet),
        _ => throw new ArgumentOutOfRangeException(nameof(atom)),
    };

    private Answer Ask(Search search, PacketView packet)
    {
        if (search.Program.KeepsMemory && !isMemoryOurs) { return Answer.Unknown(DeferReason.Memory); }
        foreach (var field in search.Program.Fields)
        {
            if (packet.Possible(field) is not { IsSingle: true }) { return Answer.Unknown(field.Kind.WhenUnknown()); }
        }

        return StepInterpreter.Run(search.Program, packet, memory) switch
        {
            SearchResult.Hotdrop => Answer.Hotdrop,
            var result => Answer.Of((result == SearchResult.Match) != search.Negated),
        };
    }

    private static Answer Ask(InterfaceTest test, PacketView packet)
    {
        var device = test switch
        {
            { IsPrefix: true, Name: "" } => "",
            { Direction: InterfaceDirection.In } => packet.InInterface,
            _ => packet.OutInterface,
        };
        return device is null
            ? Answer.Unknown(test.Direction == InterfaceDirection.In ? DeferReason.InInterface : DeferReason.OutInterface)
            : Answer.Of(test.Fits(device));
    }

    private static Answer Ask(HeaderGate gate, PacketView packet)
    {
        if (gate.Base == HeaderBase.Transport && packet.ChainEnd != ChainEnd.Protocol) { return Short(gate); }
        return packet.Offset(gate.Base) is { } start
            ? packet.End - start >= gate.Bytes ? Answer.Yes : Short(gate)
            : packet.ChainEnd == ChainEnd.Cut ? Answer.Hotdrop : Answer.No;
    }

    private static Answer Short(HeaderGate gate) => gate.WhenShort == WhenMissing.Hotdrop ? Answer.Hotdrop : Answer.No;

    private static Answer Ask(Test test, PacketView packet)
    {
        if (test.IsAlwaysTrue || test.Values.IsEmpty) { return Answer.Of(test.IsAlwaysTrue); }
        if (packet.Possible(test.Field) is not { } possible) { return Answer.Unknown(test.Field.Kind.WhenUnknown()); }
        if (possible.IsSingle) { return Answer.Of(test.Values.Contains(possible.Ranges[0].Low & test.Mask)); }
        var values = possible.Values.Select(v => test.Values.Contains(v & test.Mask)).Distinct().ToArray();
        return values is [var only] ? Answer.Of(only) : Answer.Unknown(test.Field.Kind.WhenUnknown());
    }

    private static Answer Ask(AnyOf any, PacketView packet)
    {
        var answers = any.Tests.Select(t => Ask(t, packet)).ToArray();
        if (answers.Contains(Answer.Yes)) { return Answer.Yes; }
        return answers.FirstOrDefault(a => a.Kind == AnswerKind.Unknown, Answer.No);
    }
}
