using System.Buffers.Binary;
using Firewall.Rules.Packets;

namespace Firewall.Cli.Tests;

/// <summary>Builds captures.</summary>
internal static class Captures
{
    public const uint Microseconds = 0xa1b2c3d4;
    public const uint Nanoseconds = 0xa1b23c4d;

    public static byte[] Pcap(params IEnumerable<Packet> packets) => Pcap(packets.Select(p => p.Frame.ToArray()));

    /// <summary>A classic capture.</summary>
    /// <param name="missing">By how many bytes each packet was longer than what was captured.</param>
    public static byte[] Pcap(IEnumerable<byte[]> frames, uint magic = Microseconds, bool bigEndian = false, int linkType = 1, int missing = 0)
    {
        var bytes = new List<byte>();
        Number(bytes, magic, bigEndian);
        Number(bytes, bigEndian ? 0x00020004u : 0x00040002u, bigEndian);
        foreach (var value in new[] { 0u, 0u, 65_535u, (uint)linkType }) { Number(bytes, value, bigEndian); }
        foreach (var frame in frames)
        {
            foreach (var value in new[] { 0u, 0u, (uint)frame.Length, (uint)(frame.Length + missing) }) { Number(bytes, value, bigEndian); }
            bytes.AddRange(frame);
        }

        return [.. bytes];
    }

    /// <summary>A capture of blocks, with one that nobody knows between the packets.</summary>
    public static byte[] Pcapng(IEnumerable<byte[]> frames, bool bigEndian = false, int linkType = 1)
    {
        var bytes = new List<byte>();
        Block(0x0a0d0d0a, [.. Word(0x1a2b3c4d), .. Word(bigEndian ? 0x00010000u : 0x00000001u), .. Word(uint.MaxValue), .. Word(uint.MaxValue)]);
        Block(1, [.. Word(bigEndian ? (uint)linkType << 16 : (uint)linkType), .. Word(65_535)]);
        foreach (var frame in frames)
        {
            Block(6, [.. Word(0), .. Word(0), .. Word(0), .. Word((uint)frame.Length), .. Word((uint)frame.Length), .. frame, .. new byte[(4 - (frame.Length % 4)) % 4]]);
            Block(0x0bad, [1, 2, 3, 4]);
        }

        return [.. bytes];

        void Block(uint type, byte[] body)
        {
            var length = (uint)body.Length + 12;
            bytes.AddRange([.. Word(type), .. Word(length), .. body, .. Word(length)]);
        }

        byte[] Word(uint value)
        {
            var word = new List<byte>();
            Number(word, value, bigEndian);
            return [.. word];
        }
    }

    private static void Number(List<byte> bytes, uint value, bool bigEndian)
    {
        var word = new byte[4];
        if (bigEndian) { BinaryPrimitives.WriteUInt32BigEndian(word, value); }
        else { BinaryPrimitives.WriteUInt32LittleEndian(word, value); }
        bytes.AddRange(word);
    }
}
