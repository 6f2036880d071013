using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Kernel.Interop;
using Firewall.Kernel.Loading;
using Firewall.Kernel.TestRun;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Kernel.Probe;

/// <summary>What a program must be told about the kernel's clocks.</summary>
public static class KernelClocks
{
    private const int Realtime = 0; // CLOCK_REALTIME
    private const int Tai = 11; // CLOCK_TAI
    private const int FirstPause = 100;
    private const int LongestPause = 1600;
    private const double NanosecondsPerSecond = 1e9;

    /// <summary>What CONFIG_HZ can be (kernel/Kconfig.hz).</summary>
    private static readonly ImmutableArray<uint> Rates = [100, 250, 300, 1000];

    private static readonly MapSpec Reading = new("reading", MapType.Array, KeySize: 4, ValueSize: 16, MaxEntries: 1);

    /// <summary>
    /// The kernel's <c>HZ</c>, measured: a program reads jiffies and nanoseconds at once, twice, with as long a pause as it takes to leave one rate. No file says it reliably
    /// (<c>/proc/config.gz</c> and <c>/boot/config-*</c> may be missing, <c>getconf CLK_TCK</c> is another number).
    /// </summary>
    public static uint MeasureHertz()
    {
        using var loaded = Load();
        var first = Read(loaded);
        for (var pause = FirstPause; pause <= LongestPause; pause *= 2)
        {
            Thread.Sleep(pause);
            if (RateOf(first, Read(loaded)) is { } rate) { return rate; }
        }

        throw new InvalidOperationException("jiffies pass at none of the rates that the kernel can be built with");
    }

    /// <summary><c>jiffies64</c> now.</summary>
    public static ulong Jiffies()
    {
        using var loaded = Load();
        return Read(loaded).Jiffies;
    }

    /// <summary>
    /// Whole seconds that CLOCK_TAI is ahead of CLOCK_REALTIME: 37 where a time daemon has told the kernel (adjtimex(2), ADJ_TAI), else 0. Setting the clock moves both; only a daemon that
    /// starts later, or a leap second, changes the difference.
    /// </summary>
    public static long TaiOffset()
    {
        // The clocks are read one after the other, so a second may begin between them.
        var (tai, realtime) = (Nanoseconds(Tai), Nanoseconds(Realtime));
        return (long)Math.Round((tai - realtime) / NanosecondsPerSecond);
    }

    /// <summary>The only rate at which so many jiffies pass; each reading may have missed all but one of its own. Null when there are several.</summary>
    internal static uint? RateOf((ulong Jiffies, ulong Nanoseconds) first, (ulong Jiffies, ulong Nanoseconds) second)
    {
        var seconds = (second.Nanoseconds - first.Nanoseconds) / NanosecondsPerSecond;
        var jiffies = (double)(second.Jiffies - first.Jiffies);
        var possible = Rates.Where(r => Math.Abs((r * seconds) - jiffies) <= 1).ToList();
        return possible is [var only] ? only : null;
    }

    private static LoadedObject Load() => LoadedObject.Load(new BpfObject("clocks", [Reading], [Reader()]));

    private static (ulong Jiffies, ulong Nanoseconds) Read(LoadedObject loaded)
    {
        XdpTestRun.Run(loaded.Entry, new byte[XdpTestRun.ShortestFrame]);
        var value = loaded.Maps[Reading.Name].Lookup(new byte[4]) ?? throw new UnreachableException();
        return (BinaryPrimitives.ReadUInt64LittleEndian(value), BinaryPrimitives.ReadUInt64LittleEndian(value.AsSpan(8)));
    }

    private static BpfFunction Reader()
    {
        var asm = new Assembler("read_clocks", FunctionKind.Program);
        asm.LoadMapValue(R6, Reading, 0);
        asm.CallHelper(HelperFunction.Jiffies64);
        asm.Store(Width.Double, R6, 0, R0);
        asm.CallHelper(HelperFunction.KtimeGetNanoseconds);
        asm.Store(Width.Double, R6, 8, R0);
        asm.Move(R0, (int)XdpAction.Pass);
        asm.Exit();
        return asm.Build();
    }

    private static double Nanoseconds(int clock) => LibC.GetTime(clock, out var time) == 0
        ? (time.Seconds * NanosecondsPerSecond) + time.Nanoseconds
        : throw Refusal.OfLast("read a clock");
}
