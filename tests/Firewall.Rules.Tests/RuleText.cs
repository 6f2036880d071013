using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;

namespace Firewall.Rules.Tests;

/// <summary>One rule given by the text of its conditions, as examples and tables of facts write it.</summary>
internal static class RuleText
{
    /// <summary>The file that holds nothing but the rule.</summary>
    public static string File(string conditions, string chain = "INPUT") => $"*filter\n-A {chain} {conditions}\nCOMMIT\n";

    /// <summary>The bound rule; null when the text is an error, which <paramref name="errors"/> then names.</summary>
    public static Rule? Bind(string conditions, Family family, string chain, out string errors)
    {
        var binding = Binder.Bind(RuleSetReader.Read(SourceText.From(File(conditions, chain)), family));
        errors = string.Join("; ", binding.Diagnostics.Where(d => d.IsError).Select(d => d.Message));
        return binding.Policy?.Table("filter")?.Chain(chain)?.Rules.Single();
    }

    /// <summary>What the rule says of the packet.</summary>
    public static GuardResult Evaluate(string conditions, Packet packet, bool forwarded = false) =>
        GuardEvaluator.EvaluateAlone(GuardOf(conditions, packet, forwarded), View(packet, forwarded, ImmutableDictionary<FieldKind, ValueSet>.Empty));

    /// <summary>What the example's rule says of its packet.</summary>
    public static GuardResult Evaluate(Example example) =>
        GuardEvaluator.EvaluateAlone(GuardOf(example.Text, example.Packet!, example.Forwarded), View(example.Packet!, example.Forwarded, example.Surroundings));

    /// <summary>What the example's rule says of each packet of its sequence.</summary>
    public static IEnumerable<GuardOutcome> Play(Example example, uint hertz)
    {
        var memories = new Memories { Hertz = hertz };
        var guard = GuardOf(example.Text, example.Turns[0].Packet, example.Forwarded);
        var evaluator = new GuardEvaluator(new RuleMemory(memories, guard));
        var time = 3_600_000_000_000ul;
        foreach (var turn in example.Turns)
        {
            time += (ulong)turn.After * 1_000_000;
            memories.Now = Moment.At(time, hertz: hertz);
            yield return evaluator.Evaluate(guard, View(turn.Packet, example.Forwarded, example.Surroundings)).Outcome;
        }
    }

    private static Guard GuardOf(string conditions, Packet packet, bool forwarded)
    {
        var rule = Bind(conditions, packet.Family, forwarded ? "FORWARD" : "INPUT", out var errors);
        Assert.True(rule is not null, $"{conditions}: {errors}");
        return rule.Guard(packet.Family);
    }

    private static PacketView View(Packet packet, bool forwarded, ImmutableDictionary<FieldKind, ValueSet> surroundings)
    {
        var context = new PacketContext
        {
            Hook = forwarded ? Hook.Forward : Hook.Input, InInterface = "eth0", OutInterface = "eth1", Surroundings = surroundings,
        };
        Assert.True(PacketView.TryDecode(packet.Frame.AsMemory(), context, out var view, out var reason), $"deferred: {reason} {packet}");
        return view;
    }
}
