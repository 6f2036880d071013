using System.Collections.Immutable;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j TCPMSS</c>: changes the maximum segment size that a SYN segment offers (net/netfilter/xt_TCPMSS.c).</summary>
/// <param name="Size">The new size; null for what the route's MTU allows.</param>
public sealed record TcpmssTarget(ushort? Size) : ModuleTarget
{
    private const byte Syn = 0x02;

    /// <summary>65535 less the headers of IPv4 and TCP.</summary>
    private static readonly Option<uint> SetMss = Option.Value("--set-mss", Values.Number(65515));
    private static readonly Flag ClampMss = Option.Flag("--clamp-mss-to-pmtu");

    /// <summary>65535 less the headers of IPv6 and TCP.</summary>
    private const int LargestForIPv6 = 65495;

    public static readonly TargetModule Module = new("TCPMSS")
    {
        Summary = "Changes the maximum segment size that a TCP SYN segment offers.",
        Protocols = [Protocols.Tcp],
        Options = [SetMss, ClampMss],
        Create = Read,
        MissingCondition = matches => matches.Any(AsksForSyn) ? null : "needs `--syn` or other flags that must include SYN",
        Examples =
        [
            Accepts("-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 0x100", prints: "-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 256"),
            Accepts("-p tcp --syn -j TCPMSS --set-mss 65515", prints: "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --set-mss 65515"),
            Accepts("-p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK -j TCPMSS --set-mss 65495").In(Family.IPv6),
            Accepts("-p tcp -m tcp --tcp-flags RST SYN -j TCPMSS --clamp-mss-to-pmtu").At("mangle", "FORWARD"),
            Accepts("-p tcp -m tcp --tcp-flags RST SYN -j TCPMSS --set-mss 3 --clamp-mss-to-pmtu", prints: "-p tcp -m tcp --tcp-flags RST SYN -j TCPMSS --clamp-mss-to-pmtu").At("filter", "OUTPUT"),
            Accepts("-p tcp -m tcp --tcp-flags RST SYN -j TCPMSS --clamp-mss-to-pmtu --set-mss 3", prints: "-p tcp -m tcp --tcp-flags RST SYN -j TCPMSS --set-mss 3"),
            Rejects("-p tcp --syn -j TCPMSS"),
            Rejects("-p tcp --syn -j TCPMSS --set-mss 65516"),
            Rejects("-p tcp --syn -j TCPMSS --set-mss 65496").In(Family.IPv6),
            Rejects("-p tcp -j TCPMSS --set-mss 3"),
            Rejects("-p tcp ! --syn -j TCPMSS --set-mss 3"),
            Rejects("-p tcp --tcp-flags SYN,RST RST -j TCPMSS --set-mss 3"),
            Rejects("-j TCPMSS --set-mss 3"),
            Rejects("-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu").At("mangle", "PREROUTING"),
            Does("-p tcp --syn -j TCPMSS --set-mss 3", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override ImmutableArray<string> Chains => Size is null ? ["FORWARD", "OUTPUT", "POSTROUTING"] : [];

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        if (Size is { } size) { writer.Write(SetMss, $"{size}"); }
        else { writer.Write(ClampMss); }
    }

    /// <summary>As <c>find_syn_match</c> looks for it: the mask is not asked.</summary>
    private static bool AsksForSyn(Match match) => match is TcpMatch { Flags: { IsNegated: false, Value.Compare: var flags } } && (flags & Syn) != 0;

    /// <summary>The later of the two options counts.</summary>
    private static TcpmssTarget? Read(GivenOptions given)
    {
        if (given.Uses.IsEmpty)
        {
            given.Fail(null, "one of `--set-mss` and `--clamp-mss-to-pmtu` is missing");
            return null;
        }

        var size = given.Get(SetMss);
        if (size is { Value: > LargestForIPv6 } && given.Context.Family == Family.IPv6)
        {
            given.Fail(SetMss, $"{size.Value.Value} is more than {LargestForIPv6}, which is what IPv6 allows");
            return null;
        }

        if (ReferenceEquals(given.Uses[^1].Option, ClampMss)) { return new((ushort?)null); }
        return size is { } set ? new((ushort)set.Value) : null;
    }
}
