using System.Globalization;
using System.Text.RegularExpressions;

namespace Firewall.Kernel.Loading;

/// <summary>
/// What the verifier says about its own work at the end of a log (print_verification_stats in kernel/bpf/verifier.c).
/// </summary>
/// <param name="Instructions">Instructions walked on all paths; refused beyond <paramref name="Limit"/>.</param>
/// <param name="StackDepth">"0+16+0": bytes of stack of each function.</param>
public sealed partial record VerifierStatistics(
    int Instructions,
    int Limit,
    int MostStatesPerInstruction,
    int TotalStates,
    int PeakStates,
    TimeSpan Time,
    string StackDepth)
{
    /// <summary>Null when the log has no such lines.</summary>
    public static VerifierStatistics? Find(string log)
    {
        var processed = Processed().Match(log);
        if (!processed.Success)
        {
            return null;
        }

        var time = VerificationTime().Match(log);
        return new VerifierStatistics(
            Number("walked"),
            Number("limit"),
            Number("most"),
            Number("total"),
            Number("peak"),
            TimeSpan.FromMicroseconds(time.Success ? long.Parse(time.Groups["usec"].ValueSpan, CultureInfo.InvariantCulture) : 0),
            StackDepthLine().Match(log).Groups["depth"].Value);

        int Number(string group) => int.Parse(processed.Groups[group].ValueSpan, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(
        @"^processed (?<walked>\d+) insns \(limit (?<limit>\d+)\) max_states_per_insn (?<most>\d+) total_states (?<total>\d+) peak_states (?<peak>\d+)",
        RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Processed();

    [GeneratedRegex(
        @"^verification time (?<usec>\d+) usec",
        RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex VerificationTime();

    [GeneratedRegex(
        @"^stack depth (?<depth>[\d+]+)",
        RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex StackDepthLine();
}
