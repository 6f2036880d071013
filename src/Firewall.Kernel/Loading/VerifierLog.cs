using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Firewall.Kernel.Loading;

/// <summary>
/// The verifier's log of a refused program, read. It is meant for people and its words change with the kernel; these have held
/// since Linux 4.15: a line "12: (71) r0 = …" for each instruction walked, then the reason, then the statistics.
/// </summary>
/// <param name="Instruction">Index of the instruction refused, as far as the log tells.</param>
/// <param name="Reason">The verifier's last words, without statistics.</param>
public sealed partial record VerifierLog(int? Instruction, string Reason)
{
    private static readonly ImmutableArray<string> NotReasons =
        ["processed ", "verification time ", "stack depth ", "max_states_per_insn ", "insns_stack", "mark_precise", ";"];

    public static VerifierLog Read(string log)
    {
        var lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var walked = Array.FindLastIndex(lines, line => Walked().IsMatch(line));
        var words = lines.Skip(walked + 1).Where(IsReason).ToArray();
        var reason = words.Length > 0 ? string.Join("; ", words.TakeLast(3)) : "the verifier gave no reason";
        var named = Named().Match(reason);
        return new VerifierLog(
            named.Success ? Index(named) : walked >= 0 ? Index(Walked().Match(lines[walked])) : null,
            reason);

        static int Index(Match match) => int.Parse(match.Groups["index"].ValueSpan, CultureInfo.InvariantCulture);
    }

    private static bool IsReason(string line) =>
        !NotReasons.Any(start => line.StartsWith(start, StringComparison.Ordinal)) && !StateLine().IsMatch(line);

    /// <summary>"7: (bf) r2 = r1", also with a state behind it.</summary>
    [GeneratedRegex(@"^(?<index>\d+): \([0-9a-f]{2}\)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Walked();

    /// <summary>Register states: "R0=0 R10=fp0", "7: R1=ctx()", "from 3 to 7: R0=…".</summary>
    [GeneratedRegex(@"^((\d+|from \d+ to \d+)(: |$))?(frame\d+: )?R\d+(_\w+)?=", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex StateLine();

    /// <summary>Reasons that name their instruction: "unreachable insn 3", "back-edge from insn 4 to 1".</summary>
    [GeneratedRegex(@"(unreachable|at|from) insn (?<index>\d+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Named();
}
