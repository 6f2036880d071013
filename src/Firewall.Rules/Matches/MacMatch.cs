using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches the source address of the Ethernet header (net/netfilter/xt_mac.c). On a device that is not Ethernet (lo) neither the match nor its
/// opposite is true.
/// </summary>
public sealed record MacMatch(Given<ulong> Address) : Match
{
    private static readonly Option<ulong> Source = Option.Value("--mac-source", Values.MacAddress).Required().Negatable();

    public static readonly MatchModule Module = new("mac")
    {
        Summary = "Matches the source MAC address.",
        Chains = ["PREROUTING", "INPUT", "FORWARD"],
        Options = [Source],
        Create = given => given.Get(Source) is { } address ? new MacMatch(address) : null,
        Examples =
        [
            Accepts("-m mac --mac-source 02:00:00:00:00:02"),
            Accepts("-m mac ! --mac-source 0:1:2:a:B:c", prints: "-m mac ! --mac-source 00:01:02:0a:0b:0c"),
            Accepts("-m mac --mac-source :1:2:3:4:", prints: "-m mac --mac-source 00:01:02:03:04:00"),
            Rejects("-m mac"),
            Rejects("-m mac --mac-source 00:01:02:03:04"),
            Rejects("-m mac --mac-source 00-01-02-03-04-05"),
            Rejects("-m mac --mac-source 00:01:02:03:04:005"),
            Hits("-m mac --mac-source 02:00:00:00:00:02", Packet.Udp(1, 53)),
            Hits("-m mac ! --mac-source 02:00:00:00:00:99", Packet.Udp6(1, 53)),
            Misses("-m mac --mac-source 02:00:00:00:00:02", Packet.Udp(1, 53).WithSourceMac(2, 0, 0, 0, 0, 0x99)),
            Misses("-m mac ! --mac-source 02:00:00:00:00:02", Packet.Udp(1, 53)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(Field.EthernetLink.Is(1), Field.SourceMac.Is(Address.Value, Address.IsNegated));

    public override void Print(OptionWriter writer) => writer.Write(Source, Values.MacText(Address.Value), Address.IsNegated);
}
