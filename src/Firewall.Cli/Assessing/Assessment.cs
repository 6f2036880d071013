using System.Collections.Immutable;
using Firewall.Cli.Input;
using Firewall.Compiler;
using Firewall.Compiler.Placement;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Meaning;

namespace Firewall.Cli.Assessing;

/// <summary>One rule file and its lines.</summary>
internal sealed record AssessedFile(SourceText Source, Family Family, ImmutableArray<AssessedLine> Lines, ImmutableArray<Diagnostic> Diagnostics)
{
    public int Count(string fate) => Lines.Count(l => l.Fate == fate);
}

/// <summary>What a rule set would need, and how much of it programs can take over.</summary>
/// <param name="Files">The rules.</param>
/// <param name="Plan">Where they would be judged; null when no file makes sense.</param>
/// <param name="DeferredClasses">Packets that some program leaves to what is behind it for their form.</param>
/// <param name="Needs">What the kernel must have.</param>
/// <param name="Findings">What is odd.</param>
internal sealed record Assessment(
    ImmutableArray<AssessedFile> Files,
    Plan? Plan,
    ImmutableArray<(DeferReason Reason, string Text)> DeferredClasses,
    ImmutableArray<string> Needs,
    ImmutableArray<string> Findings)
{
    public IEnumerable<AssessedLine> Lines => Files.SelectMany(f => f.Lines);

    /// <summary>The reasons for which lines stay with iptables, the most frequent first.</summary>
    public IEnumerable<IGrouping<string, AssessedLine>> Reasons => Lines.Where(l => l.IsOpen).GroupBy(l => l.Reason ?? "").OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal);

    /// <summary>Assesses what can be read of the files.</summary>
    /// <param name="files">The rules; they may have errors.</param>
    /// <param name="request">What is to be placed, of what is left of them.</param>
    /// <param name="interfaces">Names of the interfaces of the host that the rules are for; null when that is not this one.</param>
    public static Assessment Of(HostFiles files, Func<HostFiles, PlanRequest> request, IReadOnlySet<string>? interfaces)
    {
        ImmutableArray<ReadableRules> readable = [.. files.All.Select(ReadableRules.From)];
        var left = new HostFiles([.. readable.Select(r => r.File).OfType<RuleFile>()]);
        if (left.All.IsEmpty) { return new Assessment([.. readable.Select(r => Assessed(r, plan: null))], Plan: null, [], [], []); }
        var plan = Planner.Best(request(left));
        return new Assessment(
            [.. readable.Select(r => Assessed(r, plan))],
            plan,
            [.. plan.Programs.SelectMany(p => Rendering.DeferredClasses.Of(p.Rules, p.Options)).DistinctBy(c => c.Text)],
            [.. NeedsOf(plan)],
            [.. left.All.SelectMany(f => Finding.Of(f, plan, interfaces, left.All.Length > 1))]);
    }

    private static AssessedFile Assessed(ReadableRules rules, Plan? plan)
    {
        var (source, family) = (rules.Source, rules.File?.Family ?? Family.IPv4);
        string TextOf(int line) => source.Decode(source.LineSpan(line)).Trim();

        var known = rules.File is null || plan is null ? [] : plan.Lines.Where(l => l.Rule.Family == family).Select(l => AssessedLine.Of(l, TextOf(l.Rule.Line)));
        var wrong = rules.Errors.Select(e => Wrong(e.Key, e.Value));
        return new AssessedFile(source, family, [.. known.Concat(wrong).OrderBy(l => l.Line)], rules.Diagnostics);

        AssessedLine Wrong(int line, string message)
        {
            var table = Enumerable.Range(1, line).Reverse().Select(TextOf).FirstOrDefault(t => t.StartsWith('*'))?[1..];
            var words = TextOf(line).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var chain = words is ["-A" or "-I" or "--append" or "--insert", var name, ..] ? name : null;
            return new AssessedLine(line, table, chain, Number: null, AssessedLine.Error, Where: null, message, TextOf(line), IsUnreachable: false);
        }
    }

    /// <summary>As Firewall.Kernel's probes ask for it.</summary>
    private static IEnumerable<string> NeedsOf(Plan plan)
    {
        if (plan.Programs.Any(p => p.Options.Program == ProgramKind.Xdp))
        {
            yield return "for XDP: Linux 5.18 with CONFIG_BPF_SYSCALL; CONFIG_BPF_JIT makes it fast";
            if (plan.Programs.Any(p => p.Options is { Program: ProgramKind.Xdp, TracksConnections: true }))
            {
                yield return "to ask connection tracking at XDP: bpf_xdp_ct_lookup of nf_conntrack (Linux 5.18, CONFIG_DEBUG_INFO_BTF and CONFIG_DEBUG_INFO_BTF_MODULES)";
            }
        }

        if (plan.Programs.Any(p => p.Options.Program == ProgramKind.Netfilter))
        {
            yield return "for netfilter hooks: Linux 6.4 with CONFIG_NETFILTER_BPF_LINK and CONFIG_DEBUG_INFO_BTF";
        }

        if (plan.Programs.Length > 0) { yield return "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, or root"; }
    }
}
