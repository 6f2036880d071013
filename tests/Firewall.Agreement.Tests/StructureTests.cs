using System.Text;
using Firewall.Agreement.Tests.Engines;
using Firewall.Agreement.Tests.Generation;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Tests;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;
using Xunit.Abstractions;

namespace Firewall.Agreement.Tests;

/// <summary>Rule sets of unusual shape load into the kernel, and all engines agree about them.</summary>
public sealed class StructureTests(ITestOutputHelper output)
{
    [SkippableFact]
    public void A_thousand_chains() => Check(file =>
    {
        for (var i = 0; i < 1000; i++)
        {
            file.Rule("INPUT", $"-p udp --dport {i}", $"-j c{i}");
            file.Rule($"c{i}", "-p udp --sport 1", "-j DROP");
            file.Rule($"c{i}", "-s 10.0.0.3", "-j RETURN");
            file.Rule($"c{i}", "", i % 2 == 0 ? "-j ACCEPT" : "");
        }
    });

    [SkippableTheory]
    [InlineData(40)]
    [InlineData(300)]
    public void Chains_nested_deep(int depth) => Check(file =>
    {
        file.Rule("INPUT", "", "-j c0");
        file.Rule("INPUT", "-p tcp", "-j ACCEPT");
        for (var i = 0; i < depth; i++)
        {
            file.Rule($"c{i}", $"-p udp --dport {i}", "-j ACCEPT");
            file.Rule($"c{i}", $"-p udp --dport {i + 1}", "-j RETURN");
            if (i + 1 < depth) { file.Rule($"c{i}", "", $"-j c{i + 1}"); }
            file.Rule($"c{i}", "-p udp --sport 7", "");
        }
    });

    [SkippableFact]
    public void Every_level_calls_the_next_from_two_places() => Check(file =>
    {
        file.Rule("INPUT", "", "-j c0");
        for (var i = 0; i < 40; i++)
        {
            file.Rule($"c{i}", $"-p tcp --dport {i}", i % 3 == 0 ? $"-g c{i + 1}" : $"-j c{i + 1}");
            file.Rule($"c{i}", $"-p udp --dport {i}:", $"-j c{i + 1}");
        }

        file.Rule("c40", "-p udp --sport 7", "-j ACCEPT");
    });

    [SkippableFact]
    public void One_chain_called_from_two_hundred_places() => Check(file =>
    {
        for (var i = 0; i < 200; i++) { file.Rule("INPUT", $"-p udp --dport {i}:{i + 3}", "-j shared"); }
        file.Rule("shared", "-p udp --sport 7", "-j ACCEPT");
        file.Rule("shared", "-s 10.0.0.3", "-j RETURN");
        file.Rule("shared", "-p udp --sport 9", "-j deeper");
        file.Rule("deeper", "-p udp --dport 100", "-j DROP");
    });

    [SkippableFact]
    public void Webs_of_goto() => Check(file =>
    {
        file.Rule("INPUT", "-p tcp", "-g c0");
        file.Rule("INPUT", "", "-j c1");
        for (var i = 0; i < 100; i++)
        {
            file.Rule($"c{i}", $"-p udp --dport {i}", $"-g c{i + 1}");
            file.Rule($"c{i}", $"-p tcp --sport {i % 10}", $"-g c{i + 2}");
            file.Rule($"c{i}", $"-p udp --sport {i % 10}", $"-j c{i + 1}");
            file.Rule($"c{i}", $"-p tcp --dport {i}", $"-j c{i + 3}");
        }

        for (var i = 100; i < 103; i++) { file.Rule($"c{i}", $"-s 10.0.0.{i - 98}", "-j ACCEPT"); }
    });

    [SkippableFact]
    public void Four_thousand_rules_in_a_chain() => Check(file => AddServices(file, "INPUT", 4000), packets: 150);

    [SkippableFact]
    public void Twenty_thousand_rules() => Check(file =>
    {
        foreach (var chain in (ReadOnlySpan<string>)["a", "b", "c", "d"])
        {
            file.Rule("INPUT", "", $"-j {chain}");
            AddServices(file, chain, 4000);
        }

        AddServices(file, "INPUT", 3996);
    }, packets: 30);

    private static void AddServices(RuleFile file, string chain, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var target = (i % 7) switch { 0 => "-j ACCEPT", 1 => "", _ => "-j DROP" };
            file.Rule(chain, $"-s 10.{i % 250}.{i / 250}.0/24 -p {(i % 2 == 0 ? "tcp" : "udp")} --dport {i % 300}", target);
        }
    }

    private void Check(Action<RuleFile> write, int packets = 600)
    {
        KernelRequired.Privileges();
        var file = new RuleFile();
        write(file);
        var binding = GeneratedRules.Bind(file.ToString(), Family.IPv4);
        Assert.Empty(binding.Diagnostics.Where(d => d.IsError));
        var rules = HostRules.From(Hook.Input, binding.Policy, ipv6: null);
        var situation = new Situation(Hook.Input, Interface: "eth0", OutInterface: null, Defragments: false, Budgets: null);
        var firewall = LinearGenerator.Generate(rules, situation.Options);
        output.WriteLine($"{rules.Graphs.Single().RuleCount} rules, {firewall.InstructionCount} instructions, {firewall.Parts} parts, {firewall.LongestTailCalls} tail calls");
        Assert.Null(EngineComparison.Fault(rules, firewall, situation, Packets(packets), useKernel: true));
    }

    private static IEnumerable<Arrival> Packets(int count)
    {
        for (var i = 0; i < count / 2; i++)
        {
            var source = (i % 3) switch { 0 => "10.0.0.2", 1 => "10.0.0.3", _ => $"10.{i % 250}.{i % 16}.7" };
            yield return new Arrival(Packet.Udp((ushort)(i % 11), (ushort)i).From(source), "eth0", Out: null);
            yield return new Arrival(Packet.Tcp((ushort)(i % 11), (ushort)i).From(source), "eth0", Out: null);
        }
    }

    /// <summary>An iptables-save file under construction; chains are declared when first named.</summary>
    private sealed class RuleFile
    {
        private readonly HashSet<string> _chains = new(StringComparer.Ordinal);
        private readonly StringBuilder _rules = new();

        public void Rule(string chain, string conditions, string target)
        {
            _chains.Add(chain);
            if (target.Split(' ') is [_, var callee] && callee is not ("ACCEPT" or "DROP" or "RETURN")) { _chains.Add(callee); }
            _rules.Append($"-A {chain} {conditions} {target}\n");
        }

        public override string ToString() =>
            $"*filter\n:INPUT DROP [0:0]\n{string.Concat(_chains.Where(c => c != "INPUT").Select(c => $":{c} - [0:0]\n"))}{_rules}COMMIT\n";
    }
}
