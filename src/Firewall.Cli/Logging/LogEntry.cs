using System.Globalization;
using Firewall.Compiler.CodeGeneration;

namespace Firewall.Cli.Logging;

/// <summary>A packet that a rule logged, in words.</summary>
/// <param name="Time">When.</param>
/// <param name="Line">As the kernel's LOG target writes it; one char per byte.</param>
/// <param name="In">The device it came in by; empty in OUTPUT.</param>
/// <param name="Out">The device it leaves by; empty in INPUT.</param>
internal sealed record LogEntry(LogRecord Record, LogRule Rule, DateTimeOffset Time, string Line, string In, string Out)
{
    private const ulong NanosecondsPerSecond = 1_000_000_000;

    /// <summary>The line with the time since boot in front, as dmesg(1) prints it.</summary>
    public string Stamped => string.Create(
        CultureInfo.InvariantCulture,
        $"[{Record.Nanoseconds / NanosecondsPerSecond,5}.{Record.Nanoseconds % NanosecondsPerSecond / 1000:D6}] {Line}");
}
