using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j LED</c>: lights a lamp (net/netfilter/xt_LED.c).</summary>
/// <param name="Trigger">What the lamp is bound to, behind <c>netfilter-</c>.</param>
/// <param name="Delay">Milliseconds that it stays lit; <see cref="uint.MaxValue"/> for ever.</param>
/// <param name="AlwaysBlink">It blinks when it is lit already.</param>
public sealed record LedTarget(string Trigger, uint Delay, bool AlwaysBlink) : ModuleTarget
{
    /// <summary>Bytes of a name: <c>id[27]</c> in <c>struct xt_led_info</c>, less <c>netfilter-</c> and its terminator.</summary>
    private const int LongestTrigger = 16;

    private static readonly Option<string> TriggerId = Option.Value("--led-trigger-id", Values.CutText(LongestTrigger, shortest: 0)).Required();
    private static readonly Option<uint> DelayOption = Option.Value("--led-delay", Values.LedDelay);
    private static readonly Flag AlwaysBlinkFlag = Option.Flag("--led-always-blink");

    public static readonly TargetModule Module = new("LED")
    {
        Summary = "Lights a lamp.",
        Options = [TriggerId, DelayOption, AlwaysBlinkFlag],
        Create = given => given.Get(TriggerId) is { } trigger
            ? new LedTarget(trigger.Value, given.Get(DelayOption, 0u).Value, given.Has(AlwaysBlinkFlag))
            : null,
        Examples =
        [
            Accepts("-j LED --led-trigger-id \"ssh\""),
            Accepts("-j LED --led-always-blink --led-delay 0x10 --led-trigger-id ssh", prints: "-j LED --led-trigger-id \"ssh\" --led-delay 16 --led-always-blink").In(Family.IPv6),
            Accepts("-j LED --led-trigger-id \"a'b\" --led-delay 0", prints: "-j LED --led-trigger-id \"a'b\""),
            Accepts("-j LED --led-trigger-id x --led-delay INF", prints: "-j LED --led-trigger-id \"x\" --led-delay inf"),
            Rejects("-j LED"),
            Rejects("-j LED --led-trigger-id a --led-delay soon"),
            Does("-j LED --led-trigger-id a", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    /// <summary>LED quotes for itself: always, and no apostrophes. For ever is -1 in iptables-save, which iptables cannot read.</summary>
    protected override void PrintOptions(OptionWriter writer)
    {
        writer.Write(TriggerId, $"\"{Trigger.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        if (Delay == uint.MaxValue) { writer.Write(DelayOption, "inf"); }
        else if (Delay != 0) { writer.Write(DelayOption, $"{Delay}"); }
        if (AlwaysBlink) { writer.Write(AlwaysBlinkFlag); }
    }
}
