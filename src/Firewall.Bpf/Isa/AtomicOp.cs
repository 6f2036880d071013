namespace Firewall.Bpf.Isa;

/// <summary>
/// Atomic read-modify-write operations; the value is the immediate that selects them (RFC 9669, table 16).
/// The fetching forms leave the old value in the source register (R0 for compare-and-exchange).
/// </summary>
public enum AtomicOp
{
    Add = 0x00,
    Or = 0x40,
    And = 0x50,
    Xor = 0xa0,
    FetchAdd = 0x01,
    FetchOr = 0x41,
    FetchAnd = 0x51,
    FetchXor = 0xa1,
    Exchange = 0xe1,

    /// <summary>Stores the source when memory equals R0.</summary>
    CompareExchange = 0xf1,
}
