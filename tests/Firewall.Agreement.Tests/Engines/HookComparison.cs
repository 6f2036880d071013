using Firewall.Agreement.Tests.Generation;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;

namespace Firewall.Agreement.Tests.Engines;

/// <summary>Asks two hosts the same: one has the rules in iptables, the other runs them as a program at the netfilter hook.</summary>
internal sealed class HookComparison(OracleHost referee, OracleHost other)
{
    /// <summary>Packets that both were asked about.</summary>
    public int Sent { get; private set; }

    /// <summary>Null when both take the same verdict for every packet and count the same, and the program defers none.</summary>
    public string? Fault(OracleCase given) => Fault(given.Rules.ToString(), given.Rules.Family, given.Rules.Hook, given.Packets);

    /// <summary>The same for rules given as text.</summary>
    public string? Fault(string text, Family family, Hook hook, IReadOnlyList<Arrival> packets)
    {
        if (referee.TryLoad(text) is not null || GeneratedRules.Bind(text, family).Policy is not { } policy) { return null; }
        var rules = HostRules.AtHook(hook, family == Family.IPv4 ? policy : null, family == Family.IPv6 ? policy : null);
        var firewall = LinearGenerator.Generate(rules, new CompileOptions { Program = ProgramKind.Netfilter, Deferred = DeferredAction.Kernel });
        using var engine = new HookEngine(firewall, other.Namespace, family);
        foreach (var packet in packets)
        {
            Sent++;
            var theirs = referee.Send(packet.Packet.Frame.AsSpan(), packet.In);
            var ours = other.Send(packet.Packet.Frame.AsSpan(), packet.In);
            if (theirs != ours) { return $"{packet}\niptables {(theirs ? "accepts" : "does not accept")}, the program {(ours ? "does" : "does not")}; deferred: {Deferred(engine)}"; }
        }

        return Deferred(engine) is { Length: > 0 } deferred ? $"deferred: {deferred}" : Differ(firewall.Counters, engine);
    }

    private static string Deferred(HookEngine engine) => string.Join(", ", engine.ReadDeferred().Select(d => $"{d.Key.Text()} {d.Value}"));

    private string? Differ(CounterLayout layout, HookEngine engine)
    {
        var chains = referee.Counters().ToDictionary(chain => chain.Chain, StringComparer.Ordinal);
        var counters = engine.ReadCounters();
        for (var i = 0; i < counters.Length; i++)
        {
            var entry = layout.Entries[i];
            var chain = chains[entry.Chain.Name];
            var theirs = entry.Rule is null ? chain.PolicyCount : chain.Rules[entry.Rule.Number - 1].Count;
            if (new Counters(theirs.Packets, theirs.Bytes) != counters[i])
            {
                return $"counter of {entry.Identity?.ToString() ?? "the policy"}: program {counters[i]}, iptables {theirs}";
            }
        }

        return null;
    }
}
