using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Matches;

/// <summary><c>-i</c>: the name of the device the packet came in by (<c>ifname_compare_aligned</c> in include/linux/netfilter/x_tables.h).</summary>
/// <param name="Pattern">The device's name; a <c>+</c> at its end stands for any rest.</param>
/// <param name="Negated">Whether <c>!</c> stands before it.</param>
public sealed record InInterfaceMatch(string Pattern, bool Negated) : Match
{
    public static readonly Option<string> Option = Options.Option.Value("-i", InterfaceNames.Pattern).Alias("--in-interface").Negatable();

    public override string? ModuleName => null;

    public override Guard Meaning(Family family) => Guard.Of(InterfaceNames.Test(InterfaceDirection.In, Pattern, Negated));

    public override void Print(OptionWriter writer) => writer.Write(Option, Quoting.QuoteWord(Pattern), Negated);
}
