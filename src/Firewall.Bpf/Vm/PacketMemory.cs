namespace Firewall.Bpf.Vm;

/// <summary>The frame of the current run and its context, <c>struct xdp_md</c> (include/uapi/linux/bpf.h).</summary>
internal sealed class PacketMemory
{
    /// <summary>No frame is longer: the kernel's limit of one XDP access.</summary>
    private const int Capacity = 1 << 16;

    private readonly MemoryRegion _linear;
    private XdpContext _context;

    public PacketMemory(AddressSpace space)
    {
        _linear = space.Add(AddressSpace.PacketRegion, "packet", Capacity, writable: true);
        _linear.Bytes = new byte[Capacity];
    }

    public int FrameLength { get; private set; }

    /// <summary>All of the frame, as the program left it.</summary>
    public ReadOnlySpan<byte> Frame => _linear.Bytes.AsSpan(0, FrameLength);

    public void Receive(ReadOnlySpan<byte> frame, XdpContext context)
    {
        if (frame.Length > Capacity)
        {
            throw new ArgumentException($"a frame has at most {Capacity} bytes, this one has {frame.Length}", nameof(frame));
        }

        frame.CopyTo(_linear.Bytes);
        FrameLength = frame.Length;
        _linear.CellSize = Math.Clamp(context.LinearLength ?? frame.Length, 0, frame.Length);
        _context = context;
    }

    /// <summary>A field of the context by its byte offset, or null where there is none. The first three are pointers.</summary>
    public ulong? ContextField(ulong offset) => offset switch
    {
        0 or 8 => _linear.AddressOf(0),
        4 => _linear.AddressOf(0) + (ulong)_linear.CellSize,
        12 => _context.IngressIfindex,
        16 => _context.RxQueue,
        20 => 0, // egress_ifindex: set only for programs of a device map
        _ => null,
    };
}
