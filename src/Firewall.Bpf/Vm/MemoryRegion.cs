using System.Numerics;

namespace Firewall.Bpf.Vm;

/// <summary>
/// Memory a program may touch: cells of equal size (map values, stack frames; a packet is one cell) that lie apart in
/// the address space, so that running off one never reaches the next.
/// </summary>
internal sealed class MemoryRegion(string name, ulong start, int cellSize, bool writable)
{
    /// <summary>Distance between cells is a power of two with room left after each cell.</summary>
    private readonly int _shift = BitOperations.Log2((uint)cellSize) + 2;
    private readonly ulong _within = (1UL << (BitOperations.Log2((uint)cellSize) + 2)) - 1;

    public string Name => name;

    public bool Writable => writable;

    /// <summary>The cells one after the other, without gaps.</summary>
    public byte[] Bytes { get; set; } = [];

    /// <summary>Bytes of a cell that may be touched; at most the size the region was made for.</summary>
    public int CellSize { get; set; } = cellSize;

    public int Cells => CellSize == 0 ? 0 : Bytes.Length / CellSize;

    public ulong AddressOf(int cell) => start + ((ulong)cell << _shift);

    public Span<byte> Cell(int cell) => Bytes.AsSpan(cell * CellSize, CellSize);

    /// <summary>Position in <see cref="Bytes"/> of an access, or -1 when it is not within one cell.</summary>
    public int Locate(ulong address, int width)
    {
        var offset = address - start;
        var cell = offset >> _shift;
        var within = offset & _within;
        if (within + (ulong)width > (ulong)CellSize)
        {
            return -1;
        }

        var position = (cell * (ulong)CellSize) + within;
        return position + (ulong)width <= (ulong)Bytes.Length ? (int)position : -1;
    }

    /// <summary>Whether the address is that of a byte of some cell.</summary>
    public bool IsAt(ulong address, int offset) => ((address - start) & _within) == (ulong)offset && Locate(address, 1) >= 0;

    /// <summary>The address in words a person can use.</summary>
    public string Describe(ulong address)
    {
        var offset = address - start;
        return (long)offset < 0
            ? $"{-(long)offset} bytes before {name}"
            : $"{name}[{offset >> _shift}] byte {offset & _within} of {CellSize}";
    }
}
