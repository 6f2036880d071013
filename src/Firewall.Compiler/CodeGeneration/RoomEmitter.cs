using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// Compiles what happens when a table is full: the dead entries go; when there are none, the one whose word is the smallest. It is a global function <c>room(ctx)</c> that returns 0 when
/// nothing could go, and the callback of <c>bpf_for_each_map_elem</c> that looks at one entry.
/// </summary>
internal sealed class RoomEmitter(Table table, MapSpec map, string name)
{
    // The frame: how many have gone, the time, whether an oldest entry is known, its word, its key.
    private const short Gone = 0;
    private const short Time = 8;
    private const short Known = 16;
    private const short Word = 24;
    private const short Key = 32;

    private static readonly Register Frame = R7;

    private string VisitorName => $"{name}_visit";

    private int FrameSize => Key + (8 * table.KeyWords);

    public IEnumerable<BpfFunction> Build() => [BuildRoom(), BuildVisitor()];

    private BpfFunction BuildRoom()
    {
        var asm = new Assembler(name, FunctionKind.Global);
        var made = asm.NewLabel("made");
        asm.Move(Frame, FramePointer);
        asm.Alu(AluOp.Add, Frame, -FrameSize);
        for (short i = 0; i < FrameSize; i += 8) { asm.StoreImmediate(Width.Double, Frame, i, 0); }
        if (table.ExpiresBy is not null)
        {
            asm.CallHelper(HelperFunction.Jiffies64);
            asm.Store(Width.Double, Frame, Time, R0);
        }

        asm.LoadMap(R1, map);
        asm.LoadFunction(R2, VisitorName);
        asm.Move(R3, Frame);
        asm.Move(R4, 0);
        asm.CallHelper(HelperFunction.ForEachMapElement);
        asm.Load(Width.Double, R0, Frame, Gone);
        if (table.OldestBy is not null)
        {
            asm.JumpIf(Condition.NotEqual, R0, 0, made);
            asm.LoadMap(R1, map);
            asm.Move(R2, Frame);
            asm.Alu(AluOp.Add, R2, Key);
            asm.CallHelper(HelperFunction.MapDeleteElement);
            asm.Move(R0, 1);
            asm.Mark(made);
        }

        asm.Exit();
        return asm.Build();
    }

    private BpfFunction BuildVisitor()
    {
        var asm = new Assembler(VisitorName, FunctionKind.Visitor);
        var (next, lives) = (asm.NewLabel("next"), asm.NewLabel("lives"));
        asm.Move(Frame, R4);
        if (table.ExpiresBy is { } expiry)
        {
            asm.Load(Width.Double, R5, R3, (short)(8 * expiry));
            asm.JumpIf(Condition.Equal, R5, 0, lives);
            asm.Load(Width.Double, R0, Frame, Time);
            asm.Alu(AluOp.Subtract, R0, R5);
            asm.JumpIf(Condition.SignedLess, R0, 0, lives);
            asm.CallHelper(HelperFunction.MapDeleteElement);
            asm.Load(Width.Double, R1, Frame, Gone);
            asm.Alu(AluOp.Add, R1, 1);
            asm.Store(Width.Double, Frame, Gone, R1);
            asm.Jump(next);
            asm.Mark(lives);
        }

        if (table.OldestBy is { } age)
        {
            var older = asm.NewLabel("older");
            asm.Load(Width.Double, R5, R3, (short)(8 * age));
            asm.Load(Width.Double, R0, Frame, Known);
            asm.JumpIf(Condition.Equal, R0, 0, older);
            asm.Load(Width.Double, R0, Frame, Word);
            asm.JumpIf(Condition.AboveOrEqual, R5, R0, next);
            asm.Mark(older);
            asm.StoreImmediate(Width.Double, Frame, Known, 1);
            asm.Store(Width.Double, Frame, Word, R5);
            for (var i = 0; i < table.KeyWords; i++)
            {
                asm.Load(Width.Double, R0, R2, (short)(8 * i));
                asm.Store(Width.Double, Frame, (short)(Key + (8 * i)), R0);
            }
        }

        asm.Mark(next);
        asm.Move(R0, 0);
        asm.Exit();
        return asm.Build();
    }
}
