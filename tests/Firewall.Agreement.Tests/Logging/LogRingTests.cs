using CsCheck;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Tests;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Logging;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;
using Firewall.Rules.Targets;

namespace Firewall.Agreement.Tests.Logging;

/// <summary>What the compiled program writes to its ring makes the line that the kernel writes; else it defers.</summary>
public sealed class LogRingTests
{
    private const LogDetails Everything =
        LogDetails.TcpSequence | LogDetails.TcpOptions | LogDetails.IPOptions | LogDetails.User | LogDetails.DecodedMac;

    private static readonly ReadOnlyMemory<byte> Syn = Packet.Tcp(1000, 22).Frame.AsMemory();

    [SkippableTheory]
    [InlineData(Family.IPv4, false)]
    [InlineData(Family.IPv6, false)]
    [InlineData(Family.IPv4, true)]
    [InlineData(Family.IPv6, true)]
    public void A_record_makes_the_line_of_the_whole_frame(Family family, bool inKernel)
    {
        foreach (var details in new[] { LogDetails.None, Everything })
        {
            var options = new LogOptions { Prefix = "in ring: ", Details = details };
            using var program = Start(options, family, inKernel);
            LoggedArrivals.Of(family, Hook.Input).Sample(
                arrival =>
                {
                    ReadOnlyMemory<byte> frame = arrival.Packet.Frame.AsMemory();
                    var context = new PacketContext { Hook = Hook.Forward, Families = [family] };
                    if (!PacketView.TryDecode(frame, context, out var view, out _)) { return; }
                    program.Beat(program.Now);
                    if (program.Run(view, frame.Span) == LoggingProgram.Deferred)
                    {
                        Assert.True(MayDefer(view, frame.Length, details), arrival.ToString());
                        Assert.False(program.TryTake(out _));
                        return;
                    }

                    Assert.True(program.TryTake(out var bytes));
                    var record = LogRecord.Read(bytes);
                    Assert.Equal((0, 1, 0, frame.Length), (record.Rule, record.InIndex, record.OutIndex, record.FrameLength));
                    Assert.Equal(LogLine.Of(options, new LoggedPacket(frame, "eth0")), LogLine.Of(options, new LoggedPacket(record.Frame, "eth0")));
                },
                iter: Scale.Of(500),
                threads: 1,
                print: a => a.ToString());
        }
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nobody_who_listens_defers(bool inKernel)
    {
        using var program = Start(new LogOptions(), Family.IPv4, inKernel);
        var view = View(Syn);
        Assert.Equal((uint)LoggingProgram.Deferred, program.Run(view, Syn.Span));
        program.Beat(program.Now - (ulong)(LogRing.Patience + TimeSpan.FromSeconds(1)).TotalNanoseconds);
        Assert.Equal((uint)LoggingProgram.Deferred, program.Run(view, Syn.Span));
        Assert.False(program.TryTake(out _));
        program.Beat(program.Now - (ulong)TimeSpan.FromSeconds(1).TotalNanoseconds);
        Assert.Equal((uint)LoggingProgram.Logged, program.Run(view, Syn.Span));
        Assert.True(program.TryTake(out var record));
        Assert.InRange(program.Now - LogRecord.Read(record).Nanoseconds, 0UL, 1_000_000_000UL);
        Assert.False(program.TryTake(out _));
        program.Beat(0);
        Assert.Equal((uint)LoggingProgram.Deferred, program.Run(view, Syn.Span));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_full_ring_loses_records_and_counts_them(bool inKernel)
    {
        using var program = Start(new LogOptions(), Family.IPv4, inKernel);
        var view = View(Syn);
        var room = LogRing.RingSize / ((Syn.Length + 48 + 8 + 7) & ~7);
        for (var i = 0; i < room + 5; i++)
        {
            if (i % 1000 == 0) { program.Beat(program.Now); }
            Assert.Equal((uint)LoggingProgram.Logged, program.Run(view, Syn.Span));
        }

        var kept = 0;
        while (program.TryTake(out _)) { kept++; }
        Assert.Equal((ulong)(room + 5 - kept), program.Lost);
        Assert.InRange(program.Lost, 4UL, 6UL);
        program.Beat(program.Now);
        Assert.Equal((uint)LoggingProgram.Logged, program.Run(view, Syn.Span));
        Assert.True(program.TryTake(out _));
    }

    [Fact]
    public void A_log_rule_reads_back_as_written()
    {
        foreach (var options in new[]
        {
            new LogOptions { Prefix = "drop: ", Level = 7, Details = Everything },
            new LogOptions { Prefix = new string('\u00e9', LogOptions.LongestNetlinkPrefix), Netlink = new NetlinkLog(65_535) },
            new LogOptions(),
        })
        {
            Assert.Equal(new LogRule(options, 17), LogRule.Read(new LogRule(options, 17).Write()));
        }
    }

    private static LoggingProgram Start(LogOptions options, Family family, bool inKernel)
    {
        if (!inKernel) { return new VmLogging(options, family); }
        KernelRequired.Privileges();
        return new KernelLogging(options, family);
    }

    private static PacketView View(ReadOnlyMemory<byte> frame)
    {
        Assert.True(PacketView.TryDecode(frame, new PacketContext(), out var view, out _));
        return view;
    }

    /// <summary>Owners of sockets, IPv4 options, and headers that lie far behind in a long frame.</summary>
    private static bool MayDefer(PacketView view, int length, LogDetails details) =>
        (details.HasFlag(LogDetails.User) && view.Value(Field.Protocol) == 6)
        || (details.HasFlag(LogDetails.User) && view.Value(Field.Protocol) == 17)
        || (details.HasFlag(LogDetails.IPOptions) && view.Family == Family.IPv4 && view.TransportOffset != view.NetworkOffset + 20)
        || length > 1536;
}
