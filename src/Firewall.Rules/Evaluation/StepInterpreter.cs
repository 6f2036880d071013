using System.Collections.Immutable;
using System.Numerics;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Evaluation;

/// <summary>Runs a step program over a packet, step by step.</summary>
public sealed class StepInterpreter
{
    private readonly StepProgram _program;
    private readonly PacketView _packet;
    private readonly RuleMemory _memory;
    private readonly ulong[] _locals;

    /// <summary>What the last <see cref="Find"/> looked for.</summary>
    private (Table Table, ulong[] Key)? _sought;
    private ulong[]? _entry;

    private StepInterpreter(StepProgram program, PacketView packet, RuleMemory memory) =>
        (_program, _packet, _memory, _locals) = (program, packet, memory, new ulong[program.Locals]);

    /// <summary>Runs the program. Fields that it asks must have one known value.</summary>
    public static SearchResult Run(StepProgram program, PacketView packet, RuleMemory memory) =>
        new StepInterpreter(program, packet, memory).Run(program.Body).Result ?? SearchResult.NoMatch;

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
            case Atomically block:
                return Run(block.Body);
            default:
                Remember(step);
                return default;
        }
    }

    private void Remember(Step step)
    {
        switch (step)
        {
            case Find { Memory: Cell cell } find:
                _entry = _memory.Memories.Cell(_memory.Rule, _program, cell);
                _locals[find.Found] = 1;
                break;
            case Find { Memory: Table table } find:
                _sought = (table, [.. find.Key.Select(Value)]);
                _entry = _memory.Memories.Find(table, _sought.Value.Key);
                _locals[find.Found] = _entry is null ? 0u : 1u;
                break;
            case Create create:
                _entry = _memory.Memories.Create(_sought!.Value.Table, _sought.Value.Key);
                _locals[create.Made] = _entry is null ? 0u : 1u;
                break;
            case Forget:
                _memory.Memories.Forget(_sought!.Value.Table, _sought.Value.Key);
                break;
            case Fetch fetch:
                _locals[fetch.Local] = WordAt(fetch.Word) is var word && word < _entry!.Length ? _entry[word] : 0;
                break;
            case Store store:
                if (WordAt(store.Word) is var place && place < _entry!.Length) { _entry[place] = Value(store.Value); }
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(step));
        }
    }

    private int WordAt(Expression word) => (int)(Value(word) & (BitOperations.RoundUpToPowerOf2((ulong)_entry!.Length) - 1));

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
        Ask ask => (ulong)_packet.Possible(ask.Field)!.Ranges[0].Low,
        Now { Clock: ClockKind.Jiffies } => _memory.Memories.Now.Jiffies,
        Now { Clock: ClockKind.Monotonic } => _memory.Memories.Now.Monotonic,
        Now => _memory.Memories.Now.RealSeconds,
        JiffiesPerSecond => _memory.Memories.Hertz,
        RandomBits => _memory.Memories.Draw(),
        Ticket => _memory.Memories.NextTicket(),
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
            ArithmeticOperator.Divide => right == 0 ? 0 : left / right,
            ArithmeticOperator.Remainder => right == 0 ? left : left % right,
            ArithmeticOperator.And => left & right,
            ArithmeticOperator.Or => left | right,
            ArithmeticOperator.Xor => left ^ right,
            ArithmeticOperator.ShiftLeft => left << (int)right,
            _ => left >> (int)right,
        };
    }
}
