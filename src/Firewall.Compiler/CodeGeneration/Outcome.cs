using System.Buffers.Binary;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>What a run of the program left in <see cref="Scratch"/>.</summary>
public static class Outcome
{
    public const int Accepted = 1;
    public const int Dropped = 2;
    public const int Deferred = 3;

    /// <summary>Reads the decision from the scratch value of the CPU that ran the program.</summary>
    public static Decision Read(ReadOnlySpan<byte> scratch, CounterLayout counters)
    {
        var verdict = BinaryPrimitives.ReadInt32LittleEndian(scratch[Scratch.Verdict..]);
        var rule = BinaryPrimitives.ReadInt32LittleEndian(scratch[Scratch.Rule..]);
        var identity = rule < 0 ? null : counters.Entries[rule].Identity;
        return verdict switch
        {
            Accepted => new Decision(DecisionKind.Accept, identity, IsHotdrop: false, Reason: null),
            Dropped when scratch[Scratch.Hotdrop] == 1 => Decision.Hotdropped,
            Dropped => new Decision(DecisionKind.Drop, identity, IsHotdrop: false, Reason: null),
            Deferred => Decision.Deferred((DeferReason)BinaryPrimitives.ReadInt32LittleEndian(scratch[Scratch.Reason..])),
            _ => throw new InvalidOperationException($"the program left no verdict ({verdict})"),
        };
    }
}
