using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches, and with <c>--set</c> sets, a label of the packet's connection (net/netfilter/xt_connlabel.c), which only the kernel's entry keeps. Without an entry it
/// does not match, and its negation does.
/// </summary>
/// <param name="Label">A number up to 127, or a name.</param>
/// <param name="Sets">Whether the label is set, too.</param>
public sealed record ConnlabelMatch(Given<string> Label, bool Sets) : Match
{
    private static readonly Option<string> LabelOption = Option.Value("--label", Values.ConnectionLabel).Required().Negatable();
    private static readonly Flag SetOption = Option.Flag("--set");

    public static readonly MatchModule Module = new("connlabel")
    {
        Summary = "Matches a label of the packet's connection.",
        Options = [LabelOption, SetOption],
        Create = given => given.Get(LabelOption) is { } label ? new ConnlabelMatch(label, given.Has(SetOption)) : null,
        Examples =
        [
            Accepts("-m connlabel --label 0x5", prints: "-m connlabel --label \"5\""),
            Accepts("-m connlabel ! --label 5 --set", prints: "-m connlabel ! --label \"5\" --set"),
            Accepts("-m connlabel --label 127", prints: "-m connlabel --label \"127\""),
            Rejects("-m connlabel --set"),
            Rejects("-m connlabel --label 128"),
            Misses("-m connlabel --label 5 --set", Packet.Udp(1, 53)).Knowing(Field.HasConnection, 0),
            Misses("-p tcp -m connlabel ! --label 5", Packet.Udp(1, 53)),
            Defers("-m connlabel --label 5", DeferReason.Connection, Packet.Udp(1, 53)).Knowing(Field.HasConnection, 1),
            Defers("-m connlabel ! --label 5", DeferReason.Connection, Packet.Udp6(1, 53)).Knowing(Field.HasConnection, 0),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Label.IsNegated
        ? Guard.Of(new Unknowable(DeferReason.Connection))
        : Guard.Of(Field.HasConnection.Is(1), new Unknowable(DeferReason.Connection));

    public override void Print(OptionWriter writer)
    {
        writer.Write(LabelOption, $"\"{Label.Value}\"", Label.IsNegated);
        if (Sets) { writer.Write(SetOption); }
    }
}
