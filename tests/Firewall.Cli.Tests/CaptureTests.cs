using Firewall.Rules.Packets;

namespace Firewall.Cli.Tests;

public sealed class CaptureTests : IDisposable
{
    private static readonly byte[][] Frames = [Packet.Tcp(1, 22).Frame.ToArray(), Packet.Tcp6(1, 22).Frame.ToArray(), Packet.Udp(1, 2).WithPayload(1, 2, 3).Frame.ToArray()];

    private readonly Fwc _fwc = new();

    public void Dispose() => _fwc.Dispose();

    public static TheoryData<byte[], string> Formats => new()
    {
        { Captures.Pcap(Frames), "pcap" },
        { Captures.Pcap(Frames, Captures.Nanoseconds), "pcap with nanoseconds" },
        { Captures.Pcap(Frames, bigEndian: true), "pcap of a big-endian machine" },
        { Captures.Pcap(Frames, Captures.Nanoseconds, bigEndian: true), "both" },
        { Captures.Pcap(Frames.Select(f => f[14..]), linkType: 101), "raw IP" },
        { Captures.Pcapng(Frames), "pcapng" },
        { Captures.Pcapng(Frames, bigEndian: true), "pcapng of a big-endian machine" },
    };

    [Theory]
    [MemberData(nameof(Formats))]
    public void Every_format_gives_the_same_packets(byte[] capture, string format)
    {
        var expected = Run(Captures.Pcap(Frames)).Out;
        var answer = Run(capture);
        Assert.True(answer.Error.Length == 0, $"{format}: {answer.Error}");
        Assert.Equal(expected, answer.Out);
        Assert.Equal(3, answer.Out.Count(c => c == '\n'));
    }

    [Fact]
    public void Captures_come_from_standard_input_too() =>
        Assert.Equal(ExitCode.BadInput, _fwc.RunWithInput("no capture", "run", _fwc.File("rules.txt"), "--pcap", "-").Code);

    [Fact]
    public void A_capture_cut_off_within_a_packet_says_where_and_keeps_what_was_judged()
    {
        var whole = Captures.Pcap(Frames);
        for (var length = 1; length < whole.Length; length++)
        {
            var answer = Run(whole[..length]);
            var isBoundary = length == 24 || length == 24 + 16 + Frames[0].Length || length == 24 + 32 + Frames[0].Length + Frames[1].Length;
            Assert.Equal(isBoundary ? ExitCode.Done : ExitCode.BadInput, answer.Code);
            if (!isBoundary) { Assert.StartsWith("error: cannot read p.pcap: ", answer.Error, StringComparison.Ordinal); }
        }
    }

    [Fact]
    public void A_block_capture_cut_off_anywhere_is_no_crash()
    {
        var whole = Captures.Pcapng(Frames);
        for (var length = 0; length < whole.Length; length++) { Assert.True(Run(whole[..length]).Code is ExitCode.Done or ExitCode.BadInput); }
    }

    [Fact]
    public void Damaged_captures_are_refused_and_never_crash()
    {
        var random = new Random(11);
        foreach (var whole in new[] { Captures.Pcap(Frames), Captures.Pcapng(Frames) })
        {
            for (var i = 0; i < 60; i++)
            {
                var damaged = (byte[])whole.Clone();
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                Assert.True(Run(damaged).Code is ExitCode.Done or ExitCode.BadInput);
            }
        }
    }

    [Fact]
    public void An_unknown_link_type_is_named()
    {
        var answer = Run(Captures.Pcap(Frames, linkType: 113));
        Assert.Equal(ExitCode.BadInput, answer.Code);
        Assert.Contains("link type 113", answer.Error, StringComparison.Ordinal);
    }

    private Answer Run(byte[] capture) => _fwc.Run("run", _fwc.File("rules.txt"), "--pcap", _fwc.File("p.pcap", capture), "--json", "--interface", "eth0");
}
