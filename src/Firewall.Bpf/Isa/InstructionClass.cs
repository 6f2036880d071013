namespace Firewall.Bpf.Isa;

/// <summary>The three low bits of an opcode (RFC 9669, table 3).</summary>
public enum InstructionClass
{
    /// <summary>The 16-byte immediate load; nothing else of this class is still in use.</summary>
    WideLoad = 0,
    Load = 1,
    StoreImmediate = 2,
    Store = 3,
    Alu32 = 4,
    Jump = 5,
    Jump32 = 6,
    Alu64 = 7,
}
