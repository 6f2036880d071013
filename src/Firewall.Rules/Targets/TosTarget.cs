using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j TOS</c>: changes the type of service or the traffic class (net/netfilter/xt_DSCP.c, <c>tos_tg</c>).</summary>
/// <param name="Tos">The byte becomes <c>(byte &amp; ~Mask) ^ Number</c>.</param>
public sealed record TosTarget(MaskedNumber Tos) : ModuleTarget
{
    private static readonly Option<MaskedNumber> SetTos = Option.Value("--set-tos", Values.Tos);
    private static readonly Option<uint> AndTos = Option.Value("--and-tos", Values.Number(byte.MaxValue));
    private static readonly Option<uint> OrTos = Option.Value("--or-tos", Values.Number(byte.MaxValue));
    private static readonly Option<uint> XorTos = Option.Value("--xor-tos", Values.Number(byte.MaxValue));

    public static readonly TargetModule Module = new("TOS")
    {
        Summary = "Changes the type-of-service byte or the traffic class.",
        Tables = ["mangle"],
        Options = [SetTos, AndTos, OrTos, XorTos],
        Create = Read,
        Examples =
        [
            Accepts("-j TOS --set-tos 0x10/0x3f"),
            Accepts("-j TOS --set-tos 3", prints: "-j TOS --set-tos 0x03/0xff"),
            Accepts("-j TOS --set-tos minimize-delay", prints: "-j TOS --set-tos 0x10/0x3f").In(Family.IPv6),
            Accepts("-j TOS --and-tos 0x0f", prints: "-j TOS --set-tos 0x00/0xf0"),
            Accepts("-j TOS --or-tos 0x0f", prints: "-j TOS --set-tos 0x0f/0x0f"),
            Accepts("-j TOS --xor-tos 0x0f", prints: "-j TOS --set-tos 0x0f/0x00"),
            Rejects("-j TOS"),
            Rejects("-j TOS --set-tos 256"),
            Rejects("-j TOS --set-tos 1/"),
            Rejects("-j TOS --or-tos 1/2"),
            Rejects("-j TOS --or-tos 1 --and-tos 2"),
            Rejects("-j TOS --or-tos 1").At("raw", "OUTPUT"),
            Does("-j TOS --or-tos 1", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer) => writer.Write(SetTos, $"0x{Tos.Number:x2}/0x{Tos.Mask:x2}");

    private static TosTarget? Read(GivenOptions given)
    {
        if (given.TheOne(SetTos, AndTos, OrTos, XorTos) is null) { return null; }
        if (given.Get(SetTos) is { } set) { return new(set.Value); }
        if (given.Get(AndTos) is { Value: var kept }) { return new(new MaskedNumber(0, (byte)~kept)); }
        if (given.Get(OrTos) is { Value: var added }) { return new(new MaskedNumber(added, added)); }
        return given.Get(XorTos) is { Value: var flipped } ? new(new MaskedNumber(flipped, 0)) : null;
    }
}
