namespace Firewall.Bpf.Vm;

/// <summary>The frame of the current run and its context, <c>struct xdp_md</c> (include/uapi/linux/bpf.h).</summary>
internal sealed class PacketMemory
{
    /// <summary>No frame is longer: the kernel's limit of one XDP access.</summary>
    private const int Capacity = 1 << 16;

    /// <summary>Bytes in front of a frame that belong to it: XDP_PACKET_HEADROOM, less <c>struct xdp_frame</c>, which the kernel keeps there.</summary>
    private const int Headroom = 256 - 40;

    /// <summary>ETH_HLEN: what remains of a frame at least.</summary>
    private const int ShortestFrame = 14;

    /// <summary>Bytes that a frame may grow to: a page without headroom and <c>struct skb_shared_info</c>.</summary>
    private const int LongestGrown = 4096 - 256 - 320;

    private readonly MemoryRegion _linear;
    private XdpContext _context;
    private int _headroom;

    public PacketMemory(AddressSpace space)
    {
        _linear = space.Add(AddressSpace.PacketRegion, "packet", Capacity + Headroom, writable: true);
        _linear.Bytes = new byte[Capacity + Headroom];
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
        _headroom = Headroom;
    }

    /// <summary>
    /// <c>bpf_xdp_adjust_head</c> (net/core/filter.c): the frame begins so many bytes later, or earlier with what was there, which is zeros here. Its
    /// first byte keeps its address; the verifier lets no old pointer see that.
    /// </summary>
    public long AdjustHead(int offset)
    {
        if (offset < -_headroom || offset > _linear.CellSize - ShortestFrame) { return Errno.Invalid; }
        var bytes = _linear.Bytes;
        if (offset > 0) { bytes.AsSpan(offset, FrameLength - offset).CopyTo(bytes); }
        else
        {
            bytes.AsSpan(0, FrameLength).CopyTo(bytes.AsSpan(-offset));
            bytes.AsSpan(0, -offset).Clear();
        }

        _headroom += offset;
        FrameLength -= offset;
        _linear.CellSize -= offset;
        return 0;
    }

    /// <summary><c>bpf_xdp_adjust_tail</c> (net/core/filter.c): the frame ends so many bytes later, with zeros, or earlier.</summary>
    public long AdjustTail(int offset)
    {
        var hasFragments = _linear.CellSize < FrameLength;
        if (hasFragments && offset >= 0) { return Errno.NotSupported; }
        var room = LongestGrown - FrameLength + Headroom - _headroom;
        if (FrameLength + offset < ShortestFrame || offset > Math.Max(0, room)) { return Errno.Invalid; }
        if (offset > 0) { _linear.Bytes.AsSpan(FrameLength, offset).Clear(); }
        FrameLength += offset;
        _linear.CellSize = hasFragments ? Math.Min(_linear.CellSize, FrameLength) : FrameLength;
        return 0;
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
