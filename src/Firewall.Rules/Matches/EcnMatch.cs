using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches the ECN bits of the IP and TCP headers (net/netfilter/xt_ecn.c). A TCP header that is cut is no match and no hotdrop, and whether
/// the packet is a later fragment is not asked.
/// </summary>
/// <param name="TcpEce">Whether the echo bit must be set or clear; null to ask nothing.</param>
/// <param name="TcpCwr">Whether the bit for a reduced window must be set or clear; null to ask nothing.</param>
/// <param name="IPEct">Value of the two bits in the IP header; null to ask nothing.</param>
public sealed record EcnMatch(bool? TcpEce, bool? TcpCwr, Given<uint>? IPEct) : Match
{
    private const int Ece = 0x40, Cwr = 0x80;

    private static readonly Flag TcpEceFlag = Option.Flag("--ecn-tcp-ece").Negatable();
    private static readonly Flag TcpCwrFlag = Option.Flag("--ecn-tcp-cwr").Negatable();
    private static readonly Option<uint> IPEctValue = Option.Value("--ecn-ip-ect", Values.Number(3)).Negatable();

    public static readonly MatchModule Module = new("ecn")
    {
        Summary = "Matches the explicit congestion notification bits of IP and TCP headers.",
        Options = [TcpEceFlag, TcpCwrFlag, IPEctValue],
        Create = Read,
        Examples =
        [
            Accepts("-m ecn ! --ecn-ip-ect 3"),
            Accepts("-p tcp -m ecn --ecn-ip-ect 0x2 ! --ecn-tcp-cwr --ecn-tcp-ece", prints: "-p tcp -m ecn --ecn-tcp-ece ! --ecn-tcp-cwr --ecn-ip-ect 2"),
            Accepts("-m ecn --ecn-tcp-cwr -p tcp", prints: "-p tcp -m ecn --ecn-tcp-cwr"),
            Rejects("-m ecn"),
            Rejects("-m ecn --ecn-ip-ect 4"),
            Rejects("-m ecn --ecn-tcp-cwr"),
            Rejects("-p udp -m ecn --ecn-tcp-cwr"),
            Hits("-m ecn --ecn-ip-ect 3", Packet.Udp(1, 53).WithTos(3)),
            Hits("-p tcp -m ecn --ecn-tcp-cwr", Packet.Tcp(1, 80).WithFlags("C")),
            Hits("-p tcp -m ecn ! --ecn-tcp-ece --ecn-ip-ect 1", Packet.Tcp6(1, 80).WithTos(1)),
            Misses("-m ecn --ecn-ip-ect 3", Packet.Udp(1, 53).WithTos(2)),
            Misses("-p tcp -m ecn ! --ecn-tcp-ece", Packet.Tcp6(1, 80).WithFlags("E")),
            Misses("-p tcp -m ecn ! --ecn-tcp-ece", Packet.Tcp(1, 80).Keep(19)),
            Misses("-p tcp -m ecn --ecn-tcp-ece --ecn-tcp-cwr", Packet.Tcp(1, 80).WithFlags("E")),
        ],
    };

    public override string ModuleName => Module.Name;

    private int TcpMask => (TcpEce is null ? 0 : Ece) | (TcpCwr is null ? 0 : Cwr);

    private int TcpValue => (TcpEce == true ? Ece : 0) | (TcpCwr == true ? Cwr : 0);

    public override Guard Meaning(Family family)
    {
        var guard = IPEct is { } ect ? Guard.Of(Field.TypeOfService.Masked(3, ect.Value, ect.IsNegated)) : Guard.Always;
        if (TcpMask == 0) { return guard; }
        return family == Family.IPv6
            ? guard.And(new Search(ReadFlags(TcpMask, TcpValue), Negated: false))
            : guard.And(new HeaderGate(HeaderBase.Transport, 20, WhenMissing.NoMatch))
                .And(Field.Bytes(HeaderBase.Transport, 13, 1, "TCP flags").Masked((UInt128)TcpMask, (UInt128)TcpValue));
    }

    public override void Print(OptionWriter writer)
    {
        if (TcpEce is { } ece) { writer.Write(TcpEceFlag, negated: !ece); }
        if (TcpCwr is { } cwr) { writer.Write(TcpCwrFlag, negated: !cwr); }
        if (IPEct is { } ect) { writer.Write(IPEctValue, $"{ect.Value}", ect.IsNegated); }
    }

    private static EcnMatch? Read(GivenOptions given)
    {
        if (given.Uses.IsEmpty)
        {
            given.Fail(null, "one of --ecn-tcp-ece, --ecn-tcp-cwr and --ecn-ip-ect is missing");
            return null;
        }

        if ((given.Has(TcpEceFlag) || given.Has(TcpCwrFlag)) && given.Context.Protocol != Transport.Tcp)
        {
            given.Fail(given.Has(TcpEceFlag) ? TcpEceFlag : TcpCwrFlag, "TCP bits can only be asked of TCP segments", "add `-p tcp`");
            return null;
        }

        return new(!given.Negation(TcpEceFlag), !given.Negation(TcpCwrFlag), given.Get(IPEctValue));
    }

    /// <summary>
    /// In a later fragment <c>ipv6_find_hdr</c> leaves the transport offset at 0, so that the kernel takes the IPv6 header for the TCP header.
    /// </summary>
    private static StepProgram ReadFlags(int mask, int value)
    {
        Local header = new(0), octets = new(1);
        var fragment = new OffsetOf(HeaderBase.Fragment);
        return new("ecn_tcp", Locals: 2,
        [
            Set(header, new OffsetOf(HeaderBase.Transport)),
            If(fragment.IsNot(0),
                new Read(octets.Index, fragment + 2, 2, SearchResult.NoMatch),
                If((octets & 0xfff8).IsNot(0), Set(header, new OffsetOf(HeaderBase.Network)))),
            If((header + 20).Above(new PacketEnd()), NotFound),
            Byte(octets, header + 13, SearchResult.NoMatch),
            If((octets & mask).Is(value), Found),
        ]);
    }
}
