using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Matches;

/// <summary><c>-s</c>: the packet's source address (<c>ip_packet_match</c> in net/ipv4/netfilter/ip_tables.c, <c>ip6_packet_match</c> in ip6_tables.c).</summary>
/// <param name="Network">Address and mask; a mask of zero matches every address, negated none.</param>
/// <param name="Negated">Whether <c>!</c> stands before it.</param>
/// <param name="Family">The family its text is written in.</param>
public sealed record SourceMatch(AddressMask Network, bool Negated, Family Family) : Match
{
    public static readonly Option<IReadOnlyList<AddressMask>> Option =
        Options.Option.Value("-s", Addresses.List).Alias("--source", "--src").Negatable();

    public override string? ModuleName => null;

    public override Guard Meaning(Family family) =>
        Network.Mask != 0 ? Guard.Of(Field.SourceAddress(family).Masked(Network.Mask, Network.Address, Negated))
        : Negated ? Guard.Of(new Never())
        : Guard.Always;

    public override void Print(OptionWriter writer)
    {
        if (Network.Mask != 0 || Negated) { writer.Write(Option, Addresses.Text(Network, Family), Negated); }
    }
}
