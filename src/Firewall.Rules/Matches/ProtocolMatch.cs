using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Options;

namespace Firewall.Rules.Matches;

/// <summary>
/// <c>-p</c>: the protocol above IP. In IPv6 the kernel walks the extension headers to find it, and drops the packet when it cannot
/// (<c>ip6_packet_match</c> in net/ipv6/netfilter/ip6_tables.c).
/// </summary>
/// <param name="Protocol">0 for every protocol. In IPv6 even <c>-p all</c> walks the headers, though iptables-save does not print it.</param>
/// <param name="Negated">Whether <c>!</c> stands before it.</param>
public sealed record ProtocolMatch(byte Protocol, bool Negated) : Match
{
    /// <summary>A name of /etc/protocols in any case, or a number from 0 to 255.</summary>
    public static readonly ValueGrammar<byte> Name = new("protocol", 1, (words, _) =>
        Protocols.TryParse(words[0], out var protocol) ? protocol : new WrongValue($"unknown protocol `{words[0]}`", null));

    public static readonly Option<byte> Option = Options.Option.Value("-p", Name).Alias("--protocol").Negatable();

    public override string? ModuleName => null;

    public override Guard Meaning(Family family)
    {
        var walk = family == Family.IPv6 ? Guard.Of(new ChainGate()) : Guard.Always;
        return Protocol == 0 ? walk : walk.And(Field.Protocol.Is(Protocol, Negated));
    }

    public override void Print(OptionWriter writer)
    {
        if (Protocol != 0) { writer.Write(Option, Protocols.Text(Protocol), Negated); }
    }
}
