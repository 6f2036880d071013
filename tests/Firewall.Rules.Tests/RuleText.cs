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
    public static string File(string conditions, string chain = "INPUT", string table = "filter") => $"*{table}\n-A {chain} {conditions}\nCOMMIT\n";

    /// <summary>The file that holds nothing but the example's rule.</summary>
    public static string File(Example example) => File(example.Text, example.Chain, example.Table);

    /// <summary>The bound rule; null when the text is an error, which <paramref name="errors"/> then names.</summary>
    public static Rule? Bind(string conditions, Family family, string chain, out string errors, string table = "filter")
    {
        var binding = Binder.Bind(RuleSetReader.Read(SourceText.From(File(conditions, chain, table)), family));
        errors = string.Join("; ", binding.Diagnostics.Where(d => d.IsError).Select(d => d.Message));
        return binding.Policy?.Table(table)?.Chain(chain)?.Rules.Single();
    }

    /// <summary>What the rule says of the packet.</summary>
    public static GuardResult Evaluate(string conditions, Packet packet, bool forwarded = false) =>
        Evaluate(Example.Hits(conditions, packet) with { Chain = forwarded ? "FORWARD" : "INPUT" });

    /// <summary>What the example's rule says of its packet.</summary>
    public static GuardResult Evaluate(Example example) => GuardEvaluator.EvaluateAlone(GuardOf(example), View(example.Packet!, example));

    /// <summary>What the example's rule says of each packet of its sequence.</summary>
    public static IEnumerable<GuardOutcome> Play(Example example, uint hertz)
    {
        var memories = new Memories { Hertz = hertz };
        var guard = GuardOf(example);
        var evaluator = new GuardEvaluator(new RuleMemory(memories, guard));
        var time = 3_600_000_000_000ul;
        foreach (var turn in example.Turns)
        {
            time += (ulong)turn.After * 1_000_000;
            memories.Now = Moment.At(time, hertz: hertz);
            yield return evaluator.Evaluate(guard, View(turn.Packet, example)).Outcome;
        }
    }

    private static Guard GuardOf(Example example)
    {
        var rule = Bind(example.Text, example.Family, example.Chain, out var errors, example.Table);
        Assert.True(rule is not null, $"{example.Text}: {errors}");
        return rule.Guard(example.Family);
    }

    private static PacketView View(Packet packet, Example example)
    {
        var context = new PacketContext { Hook = HookOf(example.Chain), InInterface = "eth0", OutInterface = "eth1", Surroundings = example.Surroundings };
        Assert.True(PacketView.TryDecode(packet.Frame.AsMemory(), context, out var view, out var reason), $"deferred: {reason} {packet}");
        return view;
    }

    private static Hook HookOf(string chain) => chain switch
    {
        "INPUT" => Hook.Input,
        "FORWARD" => Hook.Forward,
        "PREROUTING" => Hook.Prerouting,
        _ => Hook.Output,
    };
}
