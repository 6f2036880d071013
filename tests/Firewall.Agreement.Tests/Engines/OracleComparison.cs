using Firewall.Agreement.Tests.Generation;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;

namespace Firewall.Agreement.Tests.Engines;

/// <summary>A rule set and packets for the kernel's own iptables, which is the referee.</summary>
internal sealed record OracleCase(GeneratedRules Rules, IReadOnlyList<Arrival> Packets)
{
    public IEnumerable<OracleCase> Smaller()
    {
        if (Packets.Count == 1)
        {
            foreach (var rules in Rules.Smaller()) { yield return this with { Rules = rules }; }
            yield break;
        }

        foreach (var packet in Packets) { yield return this with { Packets = [packet] }; }
        yield return this with { Packets = [.. Packets.Take(Packets.Count / 2)] };
        yield return this with { Packets = [.. Packets.Skip(Packets.Count / 2)] };
    }

    public override string ToString() => $"{Rules}{string.Concat(Packets.Take(3).Select(packet => $"{packet}\n"))}";
}

/// <summary>Asks the interpreter and the kernel's iptables the same, and says where they differ.</summary>
internal sealed class OracleComparison(OracleHost host)
{
    /// <summary>Packets that iptables was asked about.</summary>
    public int Sent { get; private set; }

    /// <summary>
    /// Null when both take the same verdict for every packet that the interpreter decides, and count the same; and when none of those that it leaves
    /// to the stack gets through.
    /// </summary>
    public string? Fault(OracleCase given) => Fault(given.Rules.ToString(), given.Rules.Family, given.Rules.Hook, given.Packets);

    /// <summary>The same for rules given as text.</summary>
    public string? Fault(string text, Family family, Hook hook, IReadOnlyList<Arrival> packets)
    {
        var refusal = host.TryLoad(text);
        var bound = GeneratedRules.Bind(text, family);
        if (bound.Policy is not { } policy)
        {
            return refusal is null ? $"iptables loads it, we do not: {string.Join("; ", bound.Diagnostics.Where(d => d.IsError).Select(d => d.Message))}" : null;
        }

        if (refusal is not null) { return $"we load it, iptables does not: {refusal}"; }
        var rules = HostRules.From(hook, family == Family.IPv4 ? policy : null, family == Family.IPv6 ? policy : null);
        var interpreter = new Interpreter(rules, new PacketContext { Hook = hook, Families = [family] });
        foreach (var packet in packets)
        {
            if (Differ(interpreter, packet) is { } fault) { return $"{packet}\n{fault}"; }
        }

        return Differ(interpreter, host.Counters());
    }

    private string? Differ(Interpreter interpreter, Arrival packet)
    {
        var decision = interpreter.Judge(packet.Packet.Frame.AsMemory(), packet.In, packet.Out);
        if (decision.Kind == DecisionKind.Defer && !IsDroppedByStack(decision.Reason!.Value)) { return null; }
        Sent++;
        var passed = host.Send(packet.Packet.Frame.AsSpan(), packet.In);
        return passed == (decision.Kind == DecisionKind.Accept) ? null : $"interpreter: {decision}\niptables: {(passed ? "accepts" : "does not accept")}";
    }

    /// <summary>Reasons that promise that the chain never sees the packet.</summary>
    private static bool IsDroppedByStack(DeferReason reason) =>
        reason is DeferReason.Stack or DeferReason.Vlan or DeferReason.Ttl or DeferReason.NotIp or DeferReason.Truncated;

    private static string? Differ(Interpreter interpreter, IEnumerable<ChainCounters> counted)
    {
        var chains = counted.ToDictionary(chain => chain.Chain, StringComparer.Ordinal);
        var counters = interpreter.ReadCounters();
        for (var i = 0; i < counters.Length; i++)
        {
            var entry = interpreter.Layout.Entries[i];
            var chain = chains[entry.Chain.Name];
            var theirs = entry.Rule is null ? chain.PolicyCount : chain.Rules[entry.Rule.Number - 1].Count;
            if (new Counters(theirs.Packets, theirs.Bytes) != counters[i])
            {
                return $"counter of {entry.Identity?.ToString() ?? "the policy"}: interpreter {counters[i]}, iptables {theirs}";
            }
        }

        return null;
    }
}
