using System.Collections.Immutable;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Evaluation;

/// <summary>Runs a step program over a packet, step by step.</summary>
public sealed class StepInterpreter
{
    private readonly PacketView _packet;
    private readonly ulong[] _locals;

    private StepInterpreter(PacketView packet, int locals) => (_packet, _locals) = (packet, new ulong[locals]);

    public static SearchResult Run(StepProgram program, PacketView packet) =>
        new StepInterpreter(packet, program.Locals).Run(program.Body).Result ?? SearchResult.NoMatch;

    /// <summary>What happens after a step: the next one, the end of the loop, or the end of the search.</summary>
    private readonly record struct Flow(SearchResult? Result, bool LeavesLoop)
    {
        public bool GoesOn => Result is null && !LeavesLoop;

        public static Flow End(SearchResult result) => new(result, LeavesLoop: false);
    }

    private Flow Run(ImmutableArray<Step> steps)
    {
        foreach (var step in steps)
        {
            var flow = Run(step);
            if (!flow.GoesOn) { return flow; }
        }

        return default;
    }

    private Flow Run(Step step)
    {
        switch (step)
        {
            case Let let:
                _locals[let.Local] = Value(let.Value);
                return default;
            case Read read:
                if (_packet.Number((long)Value(read.Offset), read.Bytes) is not { } number) { return Flow.End(read.WhenShort); }
                _locals[read.Local] = number;
                return default;
            case When choice:
                return Run(Holds(choice.Condition) ? choice.Then : choice.Else);
            case Repeat repeat:
                for (var round = 0; round < repeat.Limit; round++)
                {
                    var flow = Run(repeat.Body);
                    if (flow.LeavesLoop) { break; }
                    if (!flow.GoesOn) { return flow; }
                }

                return default;
            case Break:
                return new(null, LeavesLoop: true);
            case Return end:
                return Flow.End(end.Result);
            default:
                throw new ArgumentOutOfRangeException(nameof(step));
        }
    }

    private bool Holds(Comparison comparison)
    {
        var (left, right) = (Value(comparison.Left), Value(comparison.Right));
        return comparison.Operator switch
        {
            Comparator.Equal => left == right,
            Comparator.NotEqual => left != right,
            Comparator.Less => left < right,
            Comparator.LessOrEqual => left <= right,
            Comparator.Greater => left > right,
            _ => left >= right,
        };
    }

    private ulong Value(Expression expression) => expression switch
    {
        Constant constant => constant.Value,
        Local local => _locals[local.Index],
        OffsetOf offset => (ulong)(_packet.Offset(offset.Base) ?? 0),
        PacketEnd => (ulong)_packet.End,
        Arithmetic arithmetic => Value(arithmetic),
        _ => throw new ArgumentOutOfRangeException(nameof(expression)),
    };

    private ulong Value(Arithmetic arithmetic)
    {
        var (left, right) = (Value(arithmetic.Left), Value(arithmetic.Right));
        return arithmetic.Operator switch
        {
            ArithmeticOperator.Add => left + right,
            ArithmeticOperator.Subtract => left - right,
            ArithmeticOperator.Multiply => left * right,
            ArithmeticOperator.And => left & right,
            ArithmeticOperator.Or => left | right,
            ArithmeticOperator.Xor => left ^ right,
            ArithmeticOperator.ShiftLeft => left << (int)right,
            _ => left >> (int)right,
        };
    }
}
