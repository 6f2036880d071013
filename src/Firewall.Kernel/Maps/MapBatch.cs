using Firewall.Kernel.Errors;
using Firewall.Kernel.Interop;

namespace Firewall.Kernel.Maps;

/// <summary>
/// BPF_MAP_LOOKUP_BATCH and BPF_MAP_UPDATE_BATCH (generic_map_lookup_batch in kernel/bpf/syscall.c): many entries in one call.
/// Maps and kernels without batches answer ENOTSUPP, EOPNOTSUPP or EINVAL; then the caller goes one by one.
/// </summary>
internal sealed unsafe class MapBatch(BpfMap map)
{
    private const int PreferredBytes = 1 << 20;

    /// <summary>
    /// A hash is read by whole buckets, and a bucket that does not fit the buffers fails with ENOSPC; so few entries are no hindrance
    /// only when the buffers can hold them all.
    /// </summary>
    public bool TryReadAll(out List<(byte[] Key, byte[] Value)> entries)
    {
        entries = [];
        var capacity = Math.Clamp(PreferredBytes / (map.KeySize + map.TransferSize), Math.Min(map.MaxEntries, 64), map.MaxEntries);
        var keys = new byte[capacity * map.KeySize];
        var values = new byte[capacity * map.TransferSize];

        // The token says where to go on: a bucket number for hashes, a key for others.
        var token = new byte[Math.Max(map.KeySize, sizeof(uint))];
        for (var started = false; ; started = true)
        {
            fixed (byte* t = token, k = keys, v = values)
            {
                using var loan = map.Descriptor.Lend();
                var attributes = new MapBatchAttributes
                {
                    InBatch = started ? (ulong)t : 0,
                    OutBatch = (ulong)t,
                    Keys = (ulong)k,
                    Values = (ulong)v,
                    Count = (uint)capacity,
                    Map = loan.Number,
                };
                var error = BpfCall.Try(BpfCommand.MapLookupBatch, ref attributes);
                if (error is not (Errno.None or Errno.ENOENT))
                {
                    return false;
                }

                for (var i = 0; i < (int)attributes.Count; i++)
                {
                    entries.Add((
                        keys.AsSpan(i * map.KeySize, map.KeySize).ToArray(),
                        values.AsSpan(i * map.TransferSize, map.TransferSize).ToArray()));
                }

                // ENOENT: that was the last of it.
                if (error == Errno.ENOENT)
                {
                    return true;
                }
            }
        }
    }

    /// <summary>False when batches are not to be had; entries written before that are simply written again.</summary>
    public bool TryWriteAll(IReadOnlyCollection<(byte[] Key, byte[] Value)> entries)
    {
        var keys = Joined(entries.Select(e => e.Key), map.KeySize, entries.Count);
        var values = Joined(entries.Select(e => e.Value), map.ValueSize, entries.Count);
        fixed (byte* k = keys, v = values)
        {
            using var loan = map.Descriptor.Lend();
            var attributes = new MapBatchAttributes { Keys = (ulong)k, Values = (ulong)v, Count = (uint)entries.Count, Map = loan.Number };
            var error = BpfCall.Try(BpfCommand.MapUpdateBatch, ref attributes);
            return error is Errno.E2BIG or Errno.ENOMEM ? throw map.Refuse(BpfCommand.MapUpdateBatch, error, "fill") : error == Errno.None;
        }
    }

    private byte[] Joined(IEnumerable<byte[]> parts, int size, int count)
    {
        var joined = new byte[size * count];
        var at = 0;
        foreach (var part in parts)
        {
            if (part.Length != size)
            {
                throw new ArgumentException($"{map} takes {size} bytes, not {part.Length}", nameof(parts));
            }

            part.CopyTo(joined, at);
            at += size;
        }

        return joined;
    }
}
