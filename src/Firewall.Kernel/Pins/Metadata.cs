using System.Buffers.Binary;
using System.Text;
using Firewall.Bpf.Objects;
using Firewall.Kernel.Maps;

namespace Firewall.Kernel.Pins;

/// <summary>
/// A text kept in the kernel beside the firewall it describes: an array map of one value, which is the length in bytes (u32, little
/// endian) and then the text in UTF-8.
/// </summary>
internal static class Metadata
{
    public static BpfMap Store(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var value = new byte[sizeof(uint) + bytes.Length];
        BinaryPrimitives.WriteInt32LittleEndian(value, bytes.Length);
        bytes.CopyTo(value, sizeof(uint));
        var map = BpfMap.Create(new MapSpec("fwc_metadata", MapType.Array, sizeof(uint), value.Length, MaxEntries: 1));
        map.Update(new byte[sizeof(uint)], value);
        return map;
    }

    public static string Read(BpfMap map)
    {
        var value = map.Lookup(new byte[sizeof(uint)]) ?? [];
        var length = value.Length < sizeof(uint) ? 0 : BinaryPrimitives.ReadInt32LittleEndian(value);
        return length >= 0 && length <= value.Length - sizeof(uint)
            ? Encoding.UTF8.GetString(value, sizeof(uint), length)
            : throw new InvalidDataException($"{map} is no metadata of fwc");
    }
}
