using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j MARK</c>: changes the netfilter mark (net/netfilter/xt_mark.c, <c>mark_tg</c>).</summary>
/// <param name="Mark">The mark becomes <c>(mark &amp; ~Mask) ^ Number</c>.</param>
public sealed record MarkTarget(MaskedNumber Mark) : ModuleTarget
{
    public static readonly TargetModule Module = new("MARK")
    {
        Summary = "Changes the netfilter mark of the packet.",
        Options = MarkOptions.All,
        Create = given => given.TheOne(MarkOptions.All.AsSpan()) is { } option && MarkOptions.Read(given, option) is { } mark ? new MarkTarget(mark) : null,
        Examples =
        [
            Accepts("-j MARK --set-xmark 0x10f/0xff"),
            Accepts("-j MARK --set-mark 1", prints: "-j MARK --set-xmark 0x1/0xffffffff"),
            Accepts("-j MARK --set-mark 0x10f/0xff", prints: "-j MARK --set-xmark 0x10f/0x1ff"),
            Accepts("-j MARK --and-mark 0xf0", prints: "-j MARK --set-xmark 0x0/0xffffff0f"),
            Accepts("-j MARK --or-mark 0xf", prints: "-j MARK --set-xmark 0xf/0xf").In(Family.IPv6),
            Accepts("-j MARK --xor-mark 010", prints: "-j MARK --set-xmark 0x8/0x0"),
            Rejects("-j MARK"),
            Rejects("-j MARK --set-mark 1/"),
            Rejects("-j MARK --set-mark 4294967296"),
            Rejects("-j MARK --and-mark 1/2"),
            Rejects("-j MARK --set-mark 1 --or-mark 2"),
            Rejects("-j MARK ! --set-mark 1"),
            Does("-j MARK --set-mark 0x10f/0xff", new SetMark(0x1ff, 0x10f)),
            Does("-j MARK --and-mark 0xf0", new SetMark(0xffffff0f, 0)),
            Does("-j MARK --xor-mark 1", new SetMark(0, 1)).In(Family.IPv6),
        ],
    };

    public override Effect Effect => new SetMark(Mark.Mask, Mark.Number);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer) => MarkOptions.Print(writer, Mark);
}
