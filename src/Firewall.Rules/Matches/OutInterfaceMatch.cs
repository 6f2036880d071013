using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Matches;

/// <summary><c>-o</c>: the name of the device the packet will leave by (<c>ifname_compare_aligned</c> in include/linux/netfilter/x_tables.h).</summary>
/// <param name="Pattern">The device's name; a <c>+</c> at its end stands for any rest.</param>
/// <param name="Negated">Whether <c>!</c> stands before it.</param>
public sealed record OutInterfaceMatch(string Pattern, bool Negated) : Match
{
    public static readonly Option<string> Option = Options.Option.Value("-o", InterfaceNames.Pattern).Alias("--out-interface").Negatable();

    public override string? ModuleName => null;

    public override Guard Meaning(Family family) => Guard.Of(InterfaceNames.Test(InterfaceDirection.Out, Pattern, Negated));

    public override void Print(OptionWriter writer) => writer.Write(Option, Quoting.QuoteWord(Pattern), Negated);
}
