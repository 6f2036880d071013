using System.Buffers.Binary;
using System.Diagnostics;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Maps;
using Firewall.Rules.Logging;

namespace Firewall.Cli.Logging;

/// <summary>
/// The reading end of <see cref="LogRing"/>. While it runs it keeps the heartbeat; when it ends, or is held up for too long, rules that log defer their
/// packets again, and the kernel logs them.
/// </summary>
internal sealed class LogFollower : IDisposable
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly BpfMap _heartbeat;
    private readonly BpfMap _lost;
    private readonly RingBuffer _ring;
    private readonly LogRule[] _rules;
    private readonly DeviceNames _names;
    private readonly TimeProvider _clock;
    private readonly ulong _lostBefore;

    private LogFollower(BpfMap heartbeat, BpfMap lost, RingBuffer ring, LogRule[] rules, TimeProvider clock)
    {
        (_heartbeat, _lost, _ring, _rules, _clock) = (heartbeat, lost, ring, rules, clock);
        _names = new DeviceNames(clock);
        _lostBefore = SumOfLost();
    }

    /// <summary>Records lost for want of room since this object was made.</summary>
    public ulong Lost => SumOfLost() - _lostBefore;

    /// <summary>Opens what a firewall has pinned.</summary>
    /// <param name="maps">Its maps by name; they stay the caller's.</param>
    /// <exception cref="CommandFailedException">No rule of it writes to a ring, or somebody else reads it.</exception>
    public static LogFollower Open(IReadOnlyDictionary<string, BpfMap> maps, TimeProvider clock)
    {
        if (!maps.TryGetValue(LogRing.RingMap, out var ring)
            || !maps.TryGetValue(LogRing.HeartbeatMap, out var heartbeat)
            || !maps.TryGetValue(LogRing.LostMap, out var lost)
            || !maps.TryGetValue(LogRing.RulesMap, out var rules))
        {
            throw new CommandFailedException(ExitCode.KernelRefused, "no rule of this firewall logs to a ring buffer", "attach it with --log ring; else the kernel logs, see dmesg");
        }

        // A reader that ended has left 0, one that was killed grows stale.
        if (heartbeat.TryLookup(0, out ulong last) && last != 0 && Now() - (long)last < LogRing.Patience.TotalNanoseconds)
        {
            throw new CommandFailedException(
                ExitCode.KernelRefused, "another fwc log reads this firewall's log", $"if it was killed, try again in {LogRing.Patience.TotalSeconds:0} seconds");
        }

        LogRule[] table = [.. rules.Entries().OrderBy(e => BinaryPrimitives.ReadInt32LittleEndian(e.Key)).Select(e => LogRule.Read(e.Value))];
        return new LogFollower(heartbeat, lost, new RingBuffer(ring), table, clock);
    }

    /// <summary>Writes records as they come until it is cancelled; then those that are left.</summary>
    /// <param name="lose">Told when records were lost, with the number so far.</param>
    public void Run(ILogOutput output, Action<ulong> lose, CancellationToken cancellation)
    {
        try
        {
            var told = 0UL;
            while (!cancellation.IsCancellationRequested)
            {
                Live();
                var turn = Now();
                while (Now() - turn < Beat.TotalNanoseconds && !cancellation.IsCancellationRequested)
                {
                    if (!TryWrite(output) && !_ring.Wait(TimeSpan.FromMilliseconds(100))) { break; }
                }

                if (Lost is var lost && lost != told) { lose(told = lost); }
            }

            Die();
            while (TryWrite(output)) { }
        }
        finally
        {
            Die();
        }
    }

    public void Dispose() => _ring.Dispose();

    /// <summary>CLOCK_MONOTONIC in nanoseconds, the clock of <c>bpf_ktime_get_ns</c>.</summary>
    private static long Now() => (long)((Int128)Stopwatch.GetTimestamp() * NanosecondsPerSecond / Stopwatch.Frequency);

    private void Live() => _heartbeat.Update(0, Now());

    private void Die() => _heartbeat.Update(0, 0L);

    private ulong SumOfLost() => _lost.LookupPerProcessor(0)?.Sum() ?? 0;

    private string Name(int index) => index == 0 ? "" : _names[index];

    private bool TryWrite(ILogOutput output)
    {
        if (!_ring.TryTake(out var bytes)) { return false; }
        var record = LogRecord.Read(bytes);
        var rule = _rules[record.Rule];
        var (arriving, leaving) = (Name(record.InIndex), Name(record.OutIndex));
        if (LogLine.Of(rule.Options, record.ToPacket(arriving, leaving)) is { } line)
        {
            var age = TimeSpan.FromTicks((Now() - (long)record.Nanoseconds) / TimeSpan.NanosecondsPerTick);
            output.Write(new LogEntry(record, rule, _clock.GetUtcNow() - age, line, arriving, leaving));
        }

        return true;
    }
}
