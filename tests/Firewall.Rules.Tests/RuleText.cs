using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;
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
    public static GuardResult Evaluate(string conditions, Packet packet, bool forwarded = false)
    {
        var rule = Bind(conditions, packet.Family, forwarded ? "FORWARD" : "INPUT", out var errors);
        Assert.True(rule is not null, $"{conditions}: {errors}");
        var guard = rule.Guard(packet.Family);
        var context = new PacketContext { Hook = forwarded ? Hook.Forward : Hook.Input, InInterface = "eth0", OutInterface = "eth1" };
        Assert.True(PacketView.TryDecode(packet.Frame.AsMemory(), context, out var view, out var reason), $"deferred: {reason} {packet}");
        return GuardEvaluator.EvaluateAlone(guard, view);
    }
}
