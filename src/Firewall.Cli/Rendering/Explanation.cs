using System.Collections.Immutable;
using Firewall.Cli.Input;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Targets;

namespace Firewall.Cli.Rendering;

/// <summary>One packet's way through the rules: the verdict, every rule asked with its answer, and the counters that moved.</summary>
/// <param name="Packet">The packet taken apart; null when it was deferred before the first rule.</param>
internal sealed record Explanation(Decision Decision, ImmutableArray<TraceStep> Steps, PacketView? Packet, HostRules Rules, HostFiles Files)
{
    /// <summary>Longer rules stand alone, their answer behind them.</summary>
    private const int WidestRule = 80;

    /// <summary>Asks the reference.</summary>
    public static Explanation Of(ReadOnlyMemory<byte> frame, Interfaces interfaces, Interpreter interpreter, PacketContext context, HostRules rules, HostFiles files)
    {
        var steps = ImmutableArray.CreateBuilder<TraceStep>();
        var decision = interpreter.Judge(frame, interfaces.In, interfaces.Out, steps.Add);
        PacketView.TryDecode(frame, context with { InInterface = interfaces.In, OutInterface = interfaces.Out }, out var view, out _);
        return new Explanation(decision, steps.ToImmutable(), view, rules, files);
    }

    public void Write(TextWriter writer)
    {
        writer.WriteLine($"{Decision.Verdict,-6}  {Cause()}");
        if (Steps.Length > 0)
        {
            writer.WriteLine();
            var rows = Steps.Select(s => (Place: Place(s), Rule: s.Rule.ToText(), Answer: Answer(s))).ToList();
            var (place, rule) = (rows.Max(r => r.Place.Length), Math.Min(WidestRule, rows.Max(r => r.Rule.Length)));
            foreach (var row in rows) { writer.WriteLine($"  {row.Place.PadRight(place)}  {row.Rule.PadRight(rule)}  {row.Answer}"); }
        }

        writer.WriteLine();
        writer.WriteLine(Touched());
    }

    private string Cause() => Decision switch
    {
        { Rule: { } rule } => $"by {Files.Of(rule.Family)!.Name}:{rule.Line}  ({rule.Table}/{rule.Chain} rule {rule.Number})",
        { IsHotdrop: true } => $"by {Files.Of(Steps[^1].Identity.Family)!.Name}:{Steps[^1].Identity.Line}: the packet is malformed where the rule looks (hotdrop)",
        { Reason: { } reason } => $"{reason.Text()}: {DecisionText.Explain(reason)}",
        _ => $"by the policy of {Rules.Hook.ChainName()}",
    };

    private static string Place(TraceStep step) => $"{new string(' ', 2 * step.Depth)}{step.Identity.Chain}  {step.Identity.Line,5}";

    private string Answer(TraceStep step) => step.Result switch
    {
        { Outcome: GuardOutcome.NoMatch, Atom: { } atom } => $"no: {AtomText.WhyNot(step.Rule, atom, Packet!)}",
        { Outcome: GuardOutcome.Hotdrop, Atom: { } atom } => $"hotdrop: {AtomText.WhyNot(step.Rule, atom, Packet!)}",
        { Outcome: GuardOutcome.Unknown, Reason: { } reason } => $"unknown: {DecisionText.Explain(reason)}",
        { Outcome: GuardOutcome.NoMatch } => "no",
        _ => step.Rule.Target.Effect switch
        {
            Call call => $"yes → {call.Chain}",
            Goto go => $"yes ⇒ {go.Chain}",
            ReturnToCaller => "yes, back",
            Continue => "yes, counted",
            _ => "yes",
        },
    };

    private string Touched()
    {
        if (Decision.Kind == DecisionKind.Defer) { return "Counters touched: none; a deferred packet moves none."; }
        var lines = Steps.Where(s => s.Result.Outcome == GuardOutcome.Match).Select(s => $"{s.Identity.Line}").ToList();
        var isPolicy = Decision is { Rule: null, IsHotdrop: false };
        var words = (lines.Count == 0 ? "" : $"{(lines.Count == 1 ? "line" : "lines")} {string.Join(", ", lines)}", isPolicy ? $"the policy of {Rules.Hook.ChainName()}" : "");
        return words switch
        {
            ("", "") => "Counters touched: none.",
            ("", var policy) => $"Counters touched: {policy}.",
            (var rules, "") => $"Counters touched: {rules}.",
            var (rules, policy) => $"Counters touched: {rules}, and {policy}.",
        };
    }
}
