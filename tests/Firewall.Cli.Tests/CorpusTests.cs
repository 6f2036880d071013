using System.Collections.Concurrent;
using System.Text.Json;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Compiler.Placement;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;
using Firewall.Testing;
using Xunit.Abstractions;

namespace Firewall.Cli.Tests;

/// <summary>Real rule sets: how much of them programs can take over. The numbers are printed.</summary>
public sealed class CorpusTests(ITestOutputHelper output)
{
    /// <summary>Files of more bytes are big block lists and benchmarks, for which one way is enough.</summary>
    private const int ManyBytes = 200_000;

    [SkippableFact]
    public void Every_file_can_be_assessed()
    {
        var failures = new ConcurrentBag<string>();
        Parallel.ForEach(Files().Where(f => f.Bytes.Length < ManyBytes), file =>
        {
            using var fwc = new Fwc();
            string[] family = file.Family == Family.IPv6 ? ["-6"] : [];
            var answer = fwc.Run(["assess", "--json", fwc.File("rules.txt", file.Bytes), .. family]);
            if (answer.Code != ExitCode.Done) { failures.Add($"{file.Name}: exit {(int)answer.Code} {answer.Error}"); }
            else
            {
                using var json = JsonDocument.Parse(answer.Out);
                var lines = json.RootElement.GetProperty("result").GetProperty("lines");
                if (lines.GetArrayLength() == 0 && file.Bytes.AsSpan().IndexOf("\n-A "u8) >= 0) { failures.Add($"{file.Name}: no lines"); }
            }
        });
        Assert.True(failures.IsEmpty, string.Join('\n', failures.Order(StringComparer.Ordinal)));
    }

    [SkippableFact]
    public void Every_file_compiles_in_profile_offload()
    {
        var failures = new ConcurrentBag<string>();
        var count = 0;
        Parallel.ForEach(Files(), file =>
        {
            if (PolicyOf(file) is not { } policy) { return; }
            Interlocked.Increment(ref count);
            try
            {
                foreach (var program in Planner.Make(Request(policy) with { Profile = Profile.Offload }).Programs) { LinearGenerator.Generate(program.Rules, program.Options); }
            }
            catch (BudgetExceededException e)
            {
                failures.Add($"{file.Name}: {e.Message}");
            }
        });
        output.WriteLine($"{count - failures.Count} of {count} files compile in profile offload");
        Assert.True(failures.IsEmpty, string.Join('\n', failures.Order(StringComparer.Ordinal)));
    }

    [SkippableFact]
    public void Most_filter_tables_have_every_reachable_rule_compiled()
    {
        var open = new ConcurrentBag<(string File, DeferReason? Reason)>();
        var count = 0;
        Parallel.ForEach(Files().Where(f => f.Bytes.Length < ManyBytes), file =>
        {
            if (PolicyOf(file) is not { } policy || policy.Table(HostRules.Table) is null) { return; }
            Interlocked.Increment(ref count);
            var plan = Planner.Best(Request(policy) with { Chains = [Hook.Input, Hook.Forward, Hook.Output] });
            var lines = plan.Lines.Where(l => l.IsOpen && l.Rule.Table == HostRules.Table).ToList();
            foreach (var reason in lines.Where(l => l.IsOwn).Select(l => l.Reason).Distinct().DefaultIfEmpty(lines.FirstOrDefault()?.Reason)) { if (lines.Count > 0) { open.Add((file.Name, reason)); } }
        });
        var files = open.Select(o => o.File).Distinct().Count();
        output.WriteLine($"{count - files} of {count} filter tables ({100.0 * (count - files) / count:N1} %) have every reachable rule compiled");
        foreach (var reason in open.GroupBy(o => o.Reason).OrderByDescending(g => g.Count()))
        {
            output.WriteLine($"{reason.Count(),5}  {reason.Key?.Text()}: {string.Join(' ', reason.Select(r => r.File).Order(StringComparer.Ordinal).Take(6))}");
        }

        Assert.True(count > 100);
    }

    private static PlanRequest Request(Policy policy)
    {
        var tracks = Defragmentation.IsSwitchedOnBy(policy);
        var options = new CompileOptions { Reject = RejectMode.Xdp, Log = LogMode.Ring, TracksConnections = tracks, DefragmentsIPv4 = tracks, DefragmentsIPv6 = tracks };
        return policy.Family == Family.IPv4 ? new PlanRequest(policy, null, options) : new PlanRequest(null, policy, options);
    }

    private static Policy? PolicyOf((string Name, byte[] Bytes, Family Family) file) =>
        Binder.Bind(RuleSetReader.Read(new SourceText(file.Name, file.Bytes), file.Family), new BindOptions(file.Family)).Policy;

    private static List<(string Name, byte[] Bytes, Family Family)> Files()
    {
        var corpus = Repository.Corpus();
        return
        [
            .. File.ReadLines(Path.Combine(corpus, "INDEX.tsv")).Skip(1).Select(l => l.Split('\t')).Where(f => f[7] is "v4" or "v6" && File.Exists(Path.Combine(corpus, f[0])))
                .Select(f => (f[0], Repository.ReadBytes(Path.Combine(corpus, f[0])), f[7] == "v6" ? Family.IPv6 : Family.IPv4)),
        ];
    }
}
