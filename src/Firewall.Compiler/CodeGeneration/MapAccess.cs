using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>Instruction sequences for maps. Keys are built in the lowest bytes of the stack frame.</summary>
internal static class MapAccess
{
    private const short Key = -8;

    /// <summary>R0 = address of the array element at a constant index, or 0.</summary>
    public static void EmitLookup(Assembler asm, MapSpec map, int index)
    {
        asm.StoreImmediate(Width.Word, Register.FramePointer, Key, index);
        EmitLookupOfKey(asm, map, Key);
    }

    /// <summary>R0 = address of the array element whose index is in <paramref name="index"/>, or 0.</summary>
    public static void EmitLookup(Assembler asm, MapSpec map, Register index)
    {
        asm.Store(Width.Word, Register.FramePointer, Key, index);
        EmitLookupOfKey(asm, map, Key);
    }

    /// <summary>R0 = address of the value of the key at <paramref name="key"/> on the stack, or 0.</summary>
    public static void EmitLookupOfKey(Assembler asm, MapSpec map, short key)
    {
        asm.Move(Register.R2, Register.FramePointer);
        asm.Alu(AluOp.Add, Register.R2, key);
        asm.LoadMap(Register.R1, map);
        asm.CallHelper(HelperFunction.MapLookupElement);
    }
}
