using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Matches;

/// <summary><c>-f</c>: second and later fragments of an IPv4 datagram (<c>ip_packet_match</c> in net/ipv4/netfilter/ip_tables.c). IPv6 has none.</summary>
/// <param name="Negated">Whether <c>!</c> stands before it: whole packets and first fragments.</param>
public sealed record FragmentMatch(bool Negated) : Match
{
    public static readonly Flag Option = Options.Option.Flag("-f").Alias("--fragments").Negatable();

    private static readonly ValueSet LaterFragments = ValueSet.Between(1, ValueSet.Maximum(Field.FragmentOffset.Bits));

    public override string? ModuleName => null;

    public override Guard Meaning(Family family) => Guard.Of(Field.FragmentOffset.In(LaterFragments, Negated));

    public override void Print(OptionWriter writer) => writer.Write(Option, Negated);
}
