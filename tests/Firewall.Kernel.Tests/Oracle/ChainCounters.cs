using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Firewall.Kernel.Tests.Oracle;

[StructLayout(LayoutKind.Sequential)]
public readonly record struct PacketCount(ulong Packets, ulong Bytes)
{
    public override string ToString() => $"[{Packets}:{Bytes}]";
}

public sealed record CountedRule(string Text, PacketCount Count);

/// <summary>A chain as iptables-save -c prints it.</summary>
/// <param name="Policy">Null for user chains, whose <paramref name="PolicyCount"/> is always zero.</param>
public sealed partial record ChainCounters(string Chain, string? Policy, PacketCount PolicyCount, ImmutableArray<CountedRule> Rules)
{
    /// <summary>All chains of one table, in the order of the text.</summary>
    public static ImmutableArray<ChainCounters> Parse(string saved)
    {
        var chains = new List<ChainCounters>();
        foreach (var line in saved.Split('\n'))
        {
            if (ChainLine().Match(line) is { Success: true } chain)
            {
                var policy = chain.Groups["policy"].Value;
                chains.Add(new ChainCounters(chain.Groups["chain"].Value, policy == "-" ? null : policy, Count(chain), []));
            }
            else if (RuleLine().Match(line) is { Success: true } rule)
            {
                var at = chains.FindIndex(c => c.Chain == rule.Groups["chain"].Value);
                chains[at] = chains[at] with { Rules = chains[at].Rules.Add(new CountedRule(rule.Groups["rule"].Value, Count(rule))) };
            }
        }

        return [.. chains];
    }

    private static PacketCount Count(Match match) => new(Number(match, "packets"), Number(match, "bytes"));

    private static ulong Number(Match match, string group) => ulong.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^:(?<chain>\S+) (?<policy>\S+) \[(?<packets>\d+):(?<bytes>\d+)\]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ChainLine();

    [GeneratedRegex(@"^\[(?<packets>\d+):(?<bytes>\d+)\] (?<rule>-A (?<chain>\S+).*)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RuleLine();
}
