using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Objects;
using Firewall.Cli.Logging;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Loading;
using Firewall.Kernel.TestRun;
using Firewall.Kernel.Tests;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;
using Firewall.Rules.Targets;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Cli.Tests.Logging;

public sealed class LogFollowerTests
{
    private const string Line =
        "in: IN=lo OUT= MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 SRC=10.0.0.2 DST=192.0.2.1 LEN=40 TOS=0x00 PREC=0x00 TTL=64 ID=0 PROTO=TCP SPT=1000 DPT=22 WINDOW=29184 RES=0x00 SYN URGP=0 ";

    private static readonly ReadOnlyMemory<byte> Syn = Packet.Tcp(1000, 22).Frame.AsMemory();

    [SkippableFact]
    public void Packets_are_logged_while_somebody_follows_and_deferred_before_and_after()
    {
        KernelRequired.Privileges();
        using var loaded = LoadedObject.Load(Program());
        var scratch = new byte[loaded.Maps[Scratch.Map.Name].ValueSize];
        BinaryPrimitives.WriteInt32LittleEndian(scratch.AsSpan(Scratch.NetworkOffset), 14);
        BinaryPrimitives.WriteInt32LittleEndian(scratch.AsSpan(Scratch.TransportOffset), 34);
        loaded.Maps[Scratch.Map.Name].Update(new byte[4], scratch);
        Assert.Equal(1u, XdpTestRun.Run(loaded.Entry, Syn.Span).ReturnValue);

        using var output = new Collected();
        using var stop = new CancellationTokenSource();
        using (var follower = LogFollower.Open(loaded.Maps, TimeProvider.System))
        {
            var run = Task.Run(() => follower.Run(output, _ => { }, stop.Token));
            while (XdpTestRun.Run(loaded.Entry, Syn.Span).ReturnValue == 1) { Assert.False(run.IsCompleted); }
            Assert.True(output.Entries.TryTake(out var entry, TimeSpan.FromSeconds(30)));
            Assert.Equal(Line, entry.Line);
            Assert.Matches(@"^\[ *\d+\.\d{6}\] in: IN=lo ", entry.Stamped);
            Assert.InRange(DateTimeOffset.UtcNow - entry.Time, TimeSpan.FromSeconds(-1), TimeSpan.FromSeconds(60));
            Assert.Contains("another fwc log", Assert.Throws<CommandFailedException>(() => LogFollower.Open(loaded.Maps, TimeProvider.System)).Message, StringComparison.Ordinal);
            stop.Cancel();
            Assert.True(run.Wait(TimeSpan.FromSeconds(30)));
            Assert.Equal(0UL, follower.Lost);
        }

        Assert.Equal(1u, XdpTestRun.Run(loaded.Entry, Syn.Span).ReturnValue);
    }

    [Fact]
    public void Daemons_get_the_lines_as_from_the_kernel()
    {
        var entry = new LogEntry(
            new LogRecord(1_234_567_890_123, 0, 1, 0, 0, Syn.Length, Syn), new LogRule(new LogOptions { Level = 6 }, 3), DateTimeOffset.UtcNow, "x\u00e9IN=lo ", "lo", "");
        Assert.Matches(@"^<6>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d kernel: \[ 1234\.567890\] x\u00e9IN=lo $", Sent(path => new SyslogLog(path), entry));
        var journal = Sent(path => new JournalLog(path), entry);
        Assert.StartsWith("MESSAGE\n\u0008\0\0\0\0\0\0\0x\u00e9IN=lo \nPRIORITY\n\u0001\0\0\0\0\0\0\06\n", journal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_daemon_that_is_not_there_is_named()
    {
        using var log = new SyslogLog("/nowhere/log");
        var entry = new LogEntry(new LogRecord(0, 0, 1, 0, 0, 0, default), new LogRule(new LogOptions(), 0), default, "", "", "");
        Assert.StartsWith("cannot write to /nowhere/log: ", Assert.Throws<CommandFailedException>(() => log.Write(entry)).Message, StringComparison.Ordinal);
    }

    private static string Sent(Func<string, ILogOutput> open, LogEntry entry)
    {
        var folder = Directory.CreateTempSubdirectory("fwc");
        try
        {
            var path = Path.Combine(folder.FullName, "log");
            using var daemon = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
            daemon.Bind(new UnixDomainSocketEndPoint(path));
            using var log = open(path);
            log.Write(entry);
            var buffer = new byte[4096];
            return Encoding.Latin1.GetString(buffer, 0, daemon.Receive(buffer));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static BpfObject Program()
    {
        var ring = new LogRing();
        var asm = new Assembler("logs", FunctionKind.Program);
        var missing = asm.NewLabel("no scratch");
        asm.Move(R6, R1);
        Scratch.EmitLookup(asm, missing);
        ring.EmitLog(asm, new LogOptions { Prefix = "in: " }, counter: 0, Family.IPv4);
        asm.Exit();
        asm.Mark(missing);
        asm.Move(R0, 2);
        asm.Exit();
        return new BpfObject("logs", [new Scratch().Seal(), .. ring.Maps], [asm.Build(), .. ring.Build()]);
    }

    private sealed class Collected : ILogOutput
    {
        public BlockingCollection<LogEntry> Entries { get; } = [];

        public void Write(LogEntry entry) => Entries.Add(entry);

        public void Dispose() => Entries.Dispose();
    }
}
