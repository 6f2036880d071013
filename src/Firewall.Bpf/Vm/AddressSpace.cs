namespace Firewall.Bpf.Vm;

/// <summary>
/// Virtual memory. The top 16 bits of an address name a region, so that no arithmetic a verified program does leads
/// from one to another and null is in none.
/// </summary>
internal sealed class AddressSpace(DecodedCode code)
{
    public const int RegionShift = 48;
    public const ulong ContextRegion = 1;
    public const ulong PacketRegion = 2;
    public const ulong StackRegion = 3;
    public const ulong KeyRegion = 4;
    public const ulong ConnectionRegion = 5;
    public const ulong FirstMapRegion = 6;

    /// <summary>Values that stand for a map as a whole, or for a function; they are no memory.</summary>
    public const ulong MapHandleRegion = 0xfffe;
    public const ulong FunctionRegion = 0xffff;

    private readonly List<MemoryRegion?> _made = [null, null, null, null, null, null];
    private MemoryRegion?[] _regions = new MemoryRegion?[FirstMapRegion];

    /// <summary>The first address in use; room below it, so that what runs off the front is still told as this region's.</summary>
    public static ulong StartOf(ulong region) => (region << RegionShift) + (1UL << 40);

    public MemoryRegion Add(ulong region, string name, int cellSize, bool writable)
    {
        var made = new MemoryRegion(name, StartOf(region), cellSize, writable);
        while ((ulong)_made.Count <= region)
        {
            _made.Add(null);
        }

        _made[(int)region] = made;
        _regions = [.. _made];
        return made;
    }

    public ReadOnlySpan<byte> Read(ulong address, int width, int pc)
    {
        var region = RegionOf(address);
        var position = region is null ? -1 : region.Locate(address, width);
        if (position < 0)
        {
            throw Fault(address, width, pc, "read");
        }

        return region!.Bytes.AsSpan(position, width);
    }

    public Span<byte> Write(ulong address, int width, int pc)
    {
        var region = RegionOf(address);
        var position = region is null || !region.Writable ? -1 : region.Locate(address, width);
        if (position < 0)
        {
            throw Fault(address, width, pc, "write");
        }

        return region!.Bytes.AsSpan(position, width);
    }

    private MemoryRegion? RegionOf(ulong address)
    {
        var regions = _regions;
        var number = address >> RegionShift;
        return number < (ulong)regions.Length ? regions[number] : null;
    }

    private VmFaultException Fault(ulong address, int width, int pc, string verb)
    {
        var place = (address >> RegionShift, RegionOf(address)) switch
        {
            (_, { Writable: false } region) when verb == "write" && region.Locate(address, width) >= 0 =>
                $"{region.Describe(address)}, which is read-only",
            (_, { } region) => region.Describe(address),
            (ContextRegion, _) => "the context, which is read in aligned words only",
            (MapHandleRegion, _) => "a map instead of one of its values",
            (FunctionRegion, _) => "code",
            (0, _) when address < ushort.MaxValue => "null",
            _ => "no memory",
        };
        return code.Fault(pc, address, $"{verb} of {width} bytes at 0x{address:x}: {place}");
    }
}
