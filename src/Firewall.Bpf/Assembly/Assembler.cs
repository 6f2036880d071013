using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;

namespace Firewall.Bpf.Assembly;

/// <summary>
/// Writes one function, instruction by instruction. Jumps go to <see cref="Label"/>s; <see cref="Build"/> gives them
/// distances, makes long ones of those that do not fit and drops those that go nowhere.
/// </summary>
public sealed class Assembler(string name, FunctionKind kind)
{
    private readonly List<Instruction> _slots = [];
    private readonly List<PendingJump> _jumps = [];
    private readonly List<Label> _labels = [];
    private readonly List<Relocation> _relocations = [];
    private readonly List<LineEntry> _lines = [];
    private SourceLine _stamped = SourceLine.None;

    /// <summary>Scalars a <see cref="FunctionKind.Global"/> function takes after its context.</summary>
    public int ScalarArguments { get; init; }

    /// <summary>Stamped on the instructions emitted from now on; null when no line of the user's file asked for them.</summary>
    public SourceLine? Origin { get; set; }

    /// <summary>Slots emitted so far, before relaxation.</summary>
    public int Count => _slots.Count;

    public Label NewLabel(string hint) => new(this, hint);

    /// <summary>The label stands for the instruction emitted next.</summary>
    public void Mark(Label label)
    {
        CheckOwner(label);
        if (label.Position != Label.Unmarked)
        {
            throw new AssemblyException($"{name}: label \"{label.Hint}\" is marked twice, at {label.Position} and {Count}");
        }

        label.Position = Count;
        _labels.Add(label);
    }

    /// <summary>Any instruction that needs neither label nor relocation.</summary>
    public void Emit(Instruction instruction)
    {
        if (instruction.IsGoto || instruction.IsConditionalJump || instruction.IsWideLoad || instruction.IsLocalCall)
        {
            throw new AssemblyException($"{name}: this instruction has its own method, which takes a label or a name");
        }

        Append(instruction);
    }

    public void Move(Register destination, Register source) => Append(Instruction.Alu64(AluOp.Move, destination, source));

    /// <summary>The immediate is extended by its sign.</summary>
    public void Move(Register destination, int immediate) => Append(Instruction.Alu64(AluOp.Move, destination, immediate));

    /// <summary>The upper half of the destination becomes zero.</summary>
    public void Move32(Register destination, Register source) => Append(Instruction.Alu32(AluOp.Move, destination, source));

    /// <summary>The upper half of the destination becomes zero.</summary>
    public void Move32(Register destination, int immediate) => Append(Instruction.Alu32(AluOp.Move, destination, immediate));

    /// <summary>In one slot where a move, sign- or zero-extended, makes the value; else in two.</summary>
    public void LoadConstant(Register destination, ulong value)
    {
        if ((long)value is >= int.MinValue and <= int.MaxValue)
        {
            Move(destination, (int)value);
        }
        else if (value <= uint.MaxValue)
        {
            Move32(destination, (int)(uint)value);
        }
        else
        {
            AppendWide(Instruction.LoadConstant(destination, value));
        }
    }

    public void Alu(AluOp op, Register destination, Register source) => Append(Instruction.Alu64(Binary(op), destination, source));

    public void Alu(AluOp op, Register destination, int immediate) =>
        Append(Instruction.Alu64(Operand(op, immediate, bits: 64), destination, immediate));

    public void Alu32(AluOp op, Register destination, Register source) => Append(Instruction.Alu32(Binary(op), destination, source));

    public void Alu32(AluOp op, Register destination, int immediate) =>
        Append(Instruction.Alu32(Operand(op, immediate, bits: 32), destination, immediate));

    public void Negate(Register destination) => Append(Instruction.Alu64(AluOp.Negate, destination, 0));

    /// <summary>Network to host order and back, of the low 16, 32 or 64 bits; the others become zero.</summary>
    public void SwapToHost(Register destination, int bits) => Append(Instruction.ToBigEndian(destination, bits));

    public void Load(Width width, Register destination, Register address, short offset) =>
        Append(Instruction.Load(width, destination, address, offset));

    public void Store(Width width, Register address, short offset, Register source) =>
        Append(Instruction.Store(width, address, offset, source));

    public void StoreImmediate(Width width, Register address, short offset, int immediate) =>
        Append(Instruction.StoreImmediate(width, address, offset, immediate));

    public void AtomicAdd(Width width, Register address, short offset, Register source) =>
        Append(Instruction.Atomic(AtomicOp.Add, width, address, offset, source));

    public void JumpIf(Condition condition, Register left, Register right, Label target) =>
        AppendJump(Instruction.JumpIf(condition, left, right, 0), target);

    public void JumpIf(Condition condition, Register left, int right, Label target) =>
        AppendJump(Instruction.JumpIf(condition, left, right, 0), target);

    /// <summary>Compares the low halves.</summary>
    public void JumpIf32(Condition condition, Register left, Register right, Label target) =>
        AppendJump(Instruction.JumpIf32(condition, left, right, 0), target);

    /// <summary>Compares the low half.</summary>
    public void JumpIf32(Condition condition, Register left, int right, Label target) =>
        AppendJump(Instruction.JumpIf32(condition, left, right, 0), target);

    public void Jump(Label target) => AppendJump(Instruction.Goto(0), target);

    /// <summary>Arguments in R1 to R5, result in R0; R1 to R5 are lost.</summary>
    /// <param name="number">See <see cref="HelperFunction"/>.</param>
    public void CallHelper(int number) => Append(number >= 0
        ? Instruction.CallHelper(number)
        : throw new AssemblyException($"{name}: {number} is no helper's number"));

    /// <summary>Calls a function of the same object, which may be written later.</summary>
    public void Call(string function)
    {
        _relocations.Add(new CallRelocation(Count, function));
        Append(Instruction.CallLocal(distance: -1));
    }

    /// <summary>Calls a function of the kernel; arguments and result as with a helper.</summary>
    public void CallKernel(KernelFunction function)
    {
        _relocations.Add(new KernelCallRelocation(Count, function));
        Append(Instruction.CallKernel(btfId: 0));
    }

    /// <summary>Reads a member of the kernel's structure at <paramref name="address"/>; the loader fills the offset in.</summary>
    public void LoadKernelField(Register destination, Register address, KernelField field)
    {
        _relocations.Add(new KernelFieldRelocation(Count, field));
        Append(Instruction.Load(field.Width, destination, address, 0));
    }

    /// <summary>The offset of a member in its structure, in bytes, for <c>bpf_probe_read_kernel</c>; the loader fills it in.</summary>
    public void MoveKernelOffset(Register destination, KernelField field)
    {
        _relocations.Add(new KernelFieldRelocation(Count, field));
        Move(destination, 0);
    }

    public void LoadMap(Register destination, MapSpec map)
    {
        _relocations.Add(new MapRelocation(Count, map.Name));
        AppendWide(Instruction.LoadWide(destination, WideSource.Map, 0, 0));
    }

    /// <summary>The address of a byte of the only value of an array: no lookup, no null check.</summary>
    public void LoadMapValue(Register destination, MapSpec map, int offset)
    {
        if (map is not { Type: MapType.Array, MaxEntries: 1 } || offset < 0 || offset >= map.ValueSize)
        {
            throw new AssemblyException($"{name}: byte {offset} of map {map.Name} has no address at load (the map must be an array of one)");
        }

        _relocations.Add(new MapValueRelocation(Count, map.Name, offset));
        AppendWide(Instruction.LoadWide(destination, WideSource.MapValue, 0, offset));
    }

    /// <summary>The address of a callback, for helpers such as <c>bpf_loop</c>.</summary>
    public void LoadFunction(Register destination, string function)
    {
        _relocations.Add(new FunctionPointerRelocation(Count, function));
        AppendWide(Instruction.LoadWide(destination, WideSource.Function, 0, 0));
    }

    public void Exit() => Append(Instruction.Exit());

    /// <summary>The finished function. The assembler may go on and build again.</summary>
    public BpfFunction Build()
    {
        var layout = Relaxation.Run(name, _slots, _jumps);
        return new BpfFunction(name, kind, layout.Code, layout.Move(_relocations), layout.Move(_lines))
        {
            ScalarArguments = ScalarArguments,
        };
    }

    private void Append(Instruction instruction)
    {
        var origin = Origin ?? SourceLine.None;
        if (origin != _stamped)
        {
            _lines.Add(new LineEntry(Count, origin));
            _stamped = origin;
        }

        _slots.Add(instruction);
    }

    private void AppendWide((Instruction Low, Instruction High) pair)
    {
        Append(pair.Low);
        _slots.Add(pair.High);
    }

    private void AppendJump(Instruction jump, Label target)
    {
        CheckOwner(target);
        _jumps.Add(new PendingJump(Count, target));
        Append(jump);
    }

    private void CheckOwner(Label label)
    {
        if (label.Owner != this)
        {
            throw new AssemblyException($"{name}: label \"{label.Hint}\" belongs to another function");
        }
    }

    private AluOp Binary(AluOp op) => op != AluOp.Negate
        ? op
        : throw new AssemblyException($"{name}: a negation has one operand");

    /// <summary>What the kernel refuses at load, refused here: constant shifts beyond the width and constant zero divisors.</summary>
    private AluOp Operand(AluOp op, int immediate, int bits) => op switch
    {
        AluOp.ShiftLeft or AluOp.ShiftRight or AluOp.ShiftRightArithmetic when immediate < 0 || immediate >= bits =>
            throw new AssemblyException($"{name}: a shift by {immediate} does not fit {bits} bits"),
        AluOp.Divide or AluOp.Modulo or AluOp.SignedDivide or AluOp.SignedModulo when immediate == 0 =>
            throw new AssemblyException($"{name}: division by the constant zero"),
        _ => Binary(op),
    };
}
