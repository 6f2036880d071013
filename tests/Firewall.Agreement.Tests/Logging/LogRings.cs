using System.Buffers.Binary;
using System.Diagnostics;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Objects;
using Firewall.Bpf.Vm;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Maps;
using Firewall.Kernel.TestRun;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Targets;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Agreement.Tests.Logging;

/// <summary>A program that does nothing but log every packet with the same options, and the reading end of its ring.</summary>
internal abstract class LoggingProgram : IDisposable
{
    public const int Logged = 0;
    public const int Deferred = 1;

    /// <summary>What the parser of a whole firewall knows of the packet.</summary>
    public byte[] Facts { get; } = new byte[Specification.ValueSize];

    public abstract ulong Lost { get; }

    /// <summary>CLOCK_MONOTONIC of the program.</summary>
    public abstract ulong Now { get; }

    public abstract void Beat(ulong nanoseconds);

    public abstract uint Run(ReadOnlySpan<byte> frame);

    public abstract bool TryTake(out byte[] record);

    public abstract void Dispose();

    /// <summary>Runs the program over a packet as the parser would have left it.</summary>
    public uint Run(PacketView view, ReadOnlySpan<byte> frame)
    {
        Set(Scratch.NetworkOffset, view.NetworkOffset);
        Set(Scratch.TransportOffset, view.ChainEnd == ChainEnd.Protocol ? view.TransportOffset : 0);
        Set(Scratch.Protocol, (int)view.Value(Field.Protocol));
        return Run(frame);
    }

    protected static MapSpec Specification { get; } = new Scratch().Seal();

    protected static BpfObject Object(LogOptions options, Family family)
    {
        var ring = new LogRing();
        var asm = new Assembler("logs", FunctionKind.Program);
        var missing = asm.NewLabel("no scratch");
        asm.Move(R6, R1);
        Scratch.EmitLookup(asm, missing);
        ring.EmitLog(asm, options, counter: 7, family);
        asm.Exit();
        asm.Mark(missing);
        asm.Move(R0, 2);
        asm.Exit();
        return new BpfObject("logs", [Specification, .. ring.Maps], [asm.Build(), .. ring.Build()]);
    }

    private void Set(short place, int value) => BinaryPrimitives.WriteInt32LittleEndian(Facts.AsSpan(place), value);
}

/// <summary>In the managed machine, at a time that stands still.</summary>
internal sealed class VmLogging(LogOptions options, Family family) : LoggingProgram
{
    private readonly VirtualMachine _machine = new(Object(options, family), new VmOptions { Clock = new StoppedClock() });

    public override ulong Lost => BinaryPrimitives.ReadUInt64LittleEndian(_machine.Maps[LogRing.LostMap].Value(0));

    public override ulong Now => 1000UL * 1_000_000_000;

    public override void Beat(ulong nanoseconds) => BinaryPrimitives.WriteUInt64LittleEndian(_machine.Maps[LogRing.HeartbeatMap].Value(0), nanoseconds);

    public override uint Run(ReadOnlySpan<byte> frame)
    {
        Facts.CopyTo(_machine.Maps[Scratch.Map.Name].Value(0));
        return (uint)_machine.Run("logs", frame, new XdpContext(1, 0)).ReturnValue;
    }

    public override bool TryTake(out byte[] record)
    {
        var has = ((VmRingBuffer)_machine.Maps[LogRing.RingMap]).TryTake(out var taken);
        record = taken ?? [];
        return has;
    }

    public override void Dispose()
    {
        // Nothing outside our memory.
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => 1000;
    }
}

/// <summary>In the kernel, by test runs.</summary>
internal sealed class KernelLogging : LoggingProgram
{
    private readonly LoadedObject _loaded;
    private readonly RingBuffer _ring;

    public KernelLogging(LogOptions options, Family family)
    {
        _loaded = LoadedObject.Load(Object(options, family));
        _ring = new RingBuffer(_loaded.Maps[LogRing.RingMap]);
    }

    public override ulong Lost => _loaded.Maps[LogRing.LostMap].LookupPerProcessor(0)!.Value.Sum();

    public override ulong Now => (ulong)Stopwatch.GetTimestamp();

    public override void Beat(ulong nanoseconds) => _loaded.Maps[LogRing.HeartbeatMap].Update(0, nanoseconds);

    public override uint Run(ReadOnlySpan<byte> frame)
    {
        _loaded.Maps[Scratch.Map.Name].Update(new byte[4], Facts);
        return XdpTestRun.Run(_loaded.Entry, frame).ReturnValue;
    }

    public override bool TryTake(out byte[] record) => _ring.TryTake(out record);

    public override void Dispose()
    {
        _ring.Dispose();
        _loaded.Dispose();
    }
}
