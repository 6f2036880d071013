using Firewall.Rules.Packets;

namespace Firewall.Rules.Tests.Packets;

public sealed class PacketTests
{
    [Fact]
    public void A_TCP_segment_has_40_bytes_and_right_checksums()
    {
        var frame = Packet.Tcp(1000, 80).Frame;
        Assert.Equal(14 + 40, frame.Length);
        Assert.Equal(0, OnesComplementSum(frame.AsSpan(14, 20), 0));
        Assert.Equal(0, OnesComplementSum(frame.AsSpan()[34..], Sum(frame.AsSpan(26, 8)) + 6 + 20));
    }

    [Fact]
    public void Checksums_follow_every_change()
    {
        var frame = Packet.Udp6(1000, 53).WithHopByHop(5, 2, 0, 0).From("2001:db8::99").WithPayload(1, 2, 3).Frame;
        Assert.Equal(0, OnesComplementSum(frame.AsSpan()[62..], Sum(frame.AsSpan(22, 32)) + 17 + 11));
    }

    [Fact]
    public void A_changed_copy_leaves_the_original_alone()
    {
        var packet = Packet.Tcp(1, 2);
        var before = packet.ToString();
        Assert.NotEqual(before, packet.WithTtl(1).ToString());
        Assert.Equal(before, packet.ToString());
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (var i = 0; i < bytes.Length; i++) { sum += (uint)(bytes[i] << (i % 2 == 0 ? 8 : 0)); }
        return sum;
    }

    private static int OnesComplementSum(ReadOnlySpan<byte> bytes, uint start)
    {
        var sum = start + Sum(bytes);
        while (sum > 0xffff) { sum = (sum & 0xffff) + (sum >> 16); }
        return (ushort)~sum;
    }
}
