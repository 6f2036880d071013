using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j IDLETIMER</c>: starts a timer anew that tells a file in sysfs when it ends (net/netfilter/xt_IDLETIMER.c).</summary>
/// <param name="Seconds">Until it ends.</param>
/// <param name="Label">The file.</param>
/// <param name="IsAlarm">It wakes the host.</param>
public sealed record IdletimerTarget(uint Seconds, string Label, bool IsAlarm) : ModuleTarget
{
    /// <summary>Bytes of a label: <c>MAX_IDLETIMER_LABEL_SIZE</c> less its terminator.</summary>
    private const int LongestLabel = 27;

    private static readonly Option<uint> Timeout = Option.Value("--timeout", Values.Number((int.MaxValue / 1000) - 1, minimum: 1)).Required();
    private static readonly Option<string> LabelOption = Option.Value("--label", Values.CutText(LongestLabel)).Required();
    private static readonly Flag Alarm = Option.Flag("--alarm");

    public static readonly TargetModule Module = new("IDLETIMER")
    {
        Summary = "Starts a timer anew that tells a file in sysfs when it ends.",
        Options = [Timeout, LabelOption, Alarm],
        Create = Read,
        Examples =
        [
            Accepts("-j IDLETIMER --timeout 3 --label a"),
            Accepts("-j IDLETIMER --alarm --label a.b --timeout 0x10", prints: "-j IDLETIMER --timeout 16 --label a.b --alarm").In(Family.IPv6),
            Accepts("-j IDLETIMER --timeout 3 --label 0123456789012345678901234567", prints: "-j IDLETIMER --timeout 3 --label 012345678901234567890123456"),
            Rejects("-j IDLETIMER --label a"),
            Rejects("-j IDLETIMER --timeout 0 --label a"),
            Rejects("-j IDLETIMER --timeout 2147483 --label a"),
            Rejects("-j IDLETIMER --timeout 3 --label \"\""),
            Rejects("-j IDLETIMER --timeout 3 --label a/b"),
            Rejects("-j IDLETIMER --timeout 3 --label power"),
            Does("-j IDLETIMER --timeout 3 --label a", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        writer.Write(Timeout, $"{Seconds}");
        writer.Write(LabelOption, Quoting.QuoteWord(Label));
        if (IsAlarm) { writer.Write(Alarm); }
    }

    /// <summary>Refuses the names that sysfs does (<c>idletimer_check_sysfs_name</c>).</summary>
    private static IdletimerTarget? Read(GivenOptions given)
    {
        if (given.Get(Timeout) is not { } timeout || given.Get(LabelOption) is not { Value: var label }) { return null; }
        if (!label.Contains('/', StringComparison.Ordinal) && label is not ("." or ".." or "power" or "subsystem" or "uevent")) { return new(timeout.Value, label, given.Has(Alarm)); }
        given.Fail(LabelOption, $"a file in sysfs cannot be called `{label}`");
        return null;
    }
}
