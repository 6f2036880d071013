using System.Globalization;
using Firewall.Cli.Rendering;
using Firewall.Rules.Evaluation;

namespace Firewall.Cli.Assessing;

/// <summary>An assessment for people.</summary>
internal static class AssessmentText
{
    /// <summary>What programs at XDP never see, whatever the rules are (Documentation/networking and the drivers' receive paths).</summary>
    public const string Unseen = "XDP on an interface never sees: loopback; what comes out of IPsec, WireGuard and other tunnels; VLAN devices and bridges as devices of their own; interfaces that appear later";

    public static IEnumerable<string> Lines(Assessment assessment, bool allLines)
    {
        var lines = assessment.Lines.ToList();
        var tables = lines.Select(l => l.Table).OfType<string>().Distinct(StringComparer.Ordinal);
        yield return $"Rule set: {Count(lines.Count, "rule")} in {Count(lines.Where(l => l.Chain is not null).Select(l => (l.Table, l.Chain)).Distinct().Count(), "chain")} ({string.Join(", ", tables)})";
        yield return "";
        foreach (var chain in assessment.Plan?.Chains ?? []) { yield return $"{chain.Chain.ChainName(),-8} {FateText.Of(chain.Hooks)}: {chain.Why}"; }
        if (assessment.Plan is not null) { yield return ""; }
        foreach (var line in Shares(lines)) { yield return line; }
        foreach (var reason in assessment.Reasons) { yield return $"  {reason.Count(),6:N0}  {reason.Key} ({(allLines ? $"lines {string.Join(", ", reason.Select(l => l.Line).Distinct())}" : Finding.Lines(reason.Select(l => l.Line)))})"; }
        foreach (var section in new[]
        {
            Section("Lines with errors", lines.Where(l => l.Fate == AssessedLine.Error).Select(l => $"line {l.Line}: {l.Reason}")),
            Section("Packets left to what is behind the program, for their form", assessment.DeferredClasses.Select(c => c.Text)),
            Section("The kernel must have", assessment.Needs),
            Section("Findings", assessment.Findings.Concat(assessment.Plan?.Programs.Any(p => p.Options.Program == Compiler.ProgramKind.Xdp) == true ? [Unseen] : [])),
        })
        {
            foreach (var line in section) { yield return line; }
        }
    }

    /// <summary>How many rules there are of each fate; those of the filter table, and the others.</summary>
    private static IEnumerable<string> Shares(List<AssessedLine> lines)
    {
        var (filter, others) = (lines.Where(l => l.IsFilter && l.Fate != AssessedLine.Error).ToList(), lines.Where(l => !l.IsFilter && l.Fate != AssessedLine.Error).ToList());
        yield return Share("Compiled", filter.Where(l => l.Fate == AssessedLine.Compiled), filter.Count);
        foreach (var where in filter.Where(l => l.Fate == AssessedLine.Compiled).GroupBy(l => l.Where ?? (l.IsUnreachable ? "no packet meets them" : "elsewhere")).OrderByDescending(g => g.Count()))
        {
            yield return $"  {where.Count(),6:N0}  {where.Key}";
        }

        yield return Share("Partly", filter.Where(l => l.Fate == "partial"), filter.Count);
        yield return Share("Left to iptables", filter.Where(l => l.Fate == "deferred"), filter.Count);
        if (others.Count > 0) { yield return $"{"Other tables",-18} {Count(others.Count, "rule"),12}, which stay in iptables"; }
    }

    private static string Share(string title, IEnumerable<AssessedLine> lines, int all)
    {
        var count = lines.Count();
        return $"{title,-18} {Count(count, "rule"),12}{(all == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" {100.0 * count / all,5:N0} %"))}";
    }

    private static IEnumerable<string> Section(string title, IEnumerable<string> items)
    {
        var all = items.ToList();
        return all.Count == 0 ? [] : ["", title, .. all.Select(i => $"  {i}")];
    }

    private static string Count(int number, string noun) => string.Create(CultureInfo.InvariantCulture, $"{number:N0} {noun}{(number == 1 ? "" : "s")}");
}
