using Firewall.Bpf.Objects;
using Firewall.Kernel.Interop;

namespace Firewall.Kernel.Maps;

/// <summary>
/// The reading end of a ring buffer map (kernel/bpf/ringbuf.c, Documentation/bpf/ringbuf.rst): programs append records, one reader takes them out. Two
/// readers of one ring would take records from each other.
/// </summary>
public sealed unsafe class RingBuffer : IDisposable
{
    // The word in front of each record: its length, and two bits.
    private const uint Busy = 1u << 31;
    private const uint Discarded = 1u << 30;
    private const int Header = 8;

    private const int ReadProtection = 1;
    private const int WriteProtection = 2;
    private const int SharedMapping = 1;
    private const int Readable = 1;

    private readonly BpfMap _map;
    private readonly nuint _pageSize = (nuint)Environment.SystemPageSize;
    private readonly nuint _dataSize;

    /// <summary>One page, ours to write: how far we have read.</summary>
    private readonly byte* _consumer;

    /// <summary>How far programs have written; behind that page the data, mapped twice in a row so that no record is broken in two.</summary>
    private readonly byte* _producer;

    private bool _isClosed;

    /// <summary>Maps the ring into memory.</summary>
    /// <param name="map">A ring buffer; stays the caller's, and must stay open.</param>
    public RingBuffer(BpfMap map)
    {
        if (map.Type != MapType.RingBuffer) { throw new ArgumentException($"{map} is a {map.Type}, no ring buffer", nameof(map)); }
        _map = map;
        _dataSize = (nuint)map.MaxEntries;
        _consumer = Map(ReadProtection | WriteProtection, _pageSize, offset: 0);
        try { _producer = Map(ReadProtection, ProducerSize, (nint)_pageSize); }
        catch
        {
            LibC.UnmapMemory(_consumer, _pageSize);
            throw;
        }
    }

    private nuint ProducerSize => _pageSize + (2 * _dataSize);

    /// <summary>Takes the oldest record out; false when there is none, or when it is still being written.</summary>
    public bool TryTake(out byte[] record)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        record = [];
        while (true)
        {
            var position = *(ulong*)_consumer;
            if (position >= Volatile.Read(ref *(ulong*)_producer)) { return false; }
            var place = _producer + _pageSize + (nuint)(position & (_dataSize - 1));
            var header = Volatile.Read(ref *(uint*)place);
            if ((header & Busy) != 0) { return false; }
            var length = (int)(header & ~(Busy | Discarded));
            var isWanted = (header & Discarded) == 0;
            if (isWanted) { record = new ReadOnlySpan<byte>(place + Header, length).ToArray(); }

            // From here on the place may be written again.
            Volatile.Write(ref *(ulong*)_consumer, position + (ulong)((length + Header + 7) & ~7));
            if (isWanted) { return true; }
        }
    }

    /// <summary>Waits until there may be a record; false when the time is over (or a signal came) first.</summary>
    public bool Wait(TimeSpan longest)
    {
        using var loan = _map.Descriptor.Lend();
        var poll = new LibC.PollRequest { Descriptor = loan.Number, Events = Readable };
        return LibC.Poll(&poll, 1, (int)longest.TotalMilliseconds) > 0;
    }

    public void Dispose()
    {
        if (_isClosed) { return; }
        _isClosed = true;
        LibC.UnmapMemory(_consumer, _pageSize);
        LibC.UnmapMemory(_producer, ProducerSize);
    }

    private byte* Map(int protection, nuint length, nint offset)
    {
        using var loan = _map.Descriptor.Lend();
        var address = LibC.MapMemory(null, length, protection, SharedMapping, loan.Number, offset);
        return (nint)address != -1 ? (byte*)address : throw Refusal.OfLast($"map {_map} into memory");
    }
}
