using System.Text;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches packets of a connection that a helper expected (net/netfilter/xt_helper.c). The helper's whole name is compared with the beginning of the rule's, so
/// that <c>ftp-2121</c> fits helper <c>ftp</c>, but not the other way round. An empty name fits any helper.
/// </summary>
public sealed record HelperMatch(Given<string> Name) : Match
{
    /// <summary><c>NF_CT_HELPER_NAME_LEN</c> with its closing 0; the kernel keeps 29 characters of the rule's text.</summary>
    private const int HelperBytes = 16, TextLength = 29;

    private static readonly Option<string> Helper = Option.Value("--helper", Values.FreeText).Required().Negatable();

    public static readonly MatchModule Module = new("helper")
    {
        Summary = "Matches packets of connections that a conntrack helper expected.",
        Options = [Helper],
        Create = given => given.Get(Helper) is { } name ? new HelperMatch(name with { Value = name.Value[..Math.Min(name.Value.Length, TextLength)] }) : null,
        Examples =
        [
            Accepts("-m helper --helper ftp"),
            Accepts("-m helper ! --helper ftp-2121"),
            Accepts("-m helper --helper \"\""),
            Accepts("-m helper --helper ftp.x", prints: "-m helper --helper \"ftp.x\""),
            Accepts("-m helper --helper 012345678901234567890123456789", prints: "-m helper --helper 01234567890123456789012345678"),
            Rejects("-m helper"),
            Rejects("-m helper --helper"),
            Hits("-m helper --helper ftp", Packet.Tcp(20, 1000)).Knowing(Field.TrackHelper, Number("ftp")),
            Hits("-m helper --helper ftp-2121", Packet.Tcp(20, 1000)).Knowing(Field.TrackHelper, Number("ftp")),
            Hits("-m helper --helper \"\"", Packet.Tcp6(20, 1000)).Knowing(Field.TrackHelper, Number("ftp"), Number("sip")),
            Hits("-m helper ! --helper ftp", Packet.Tcp(20, 1000)).Knowing(Field.TrackHelper, 0),
            Misses("-m helper --helper ftp", Packet.Tcp(20, 1000)).Knowing(Field.TrackHelper, Number("ftp-2121")),
            Misses("-m helper --helper ftp", Packet.Tcp6(20, 1000)).Knowing(Field.TrackHelper, 0),
            Defers("-m helper --helper ftp", DeferReason.Connection, Packet.Tcp(20, 1000)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family)
    {
        if (Name.Value.Length == 0) { return Guard.Of(Field.TrackHelper.Is(0, negated: !Name.IsNegated)); }
        var bytes = Encoding.UTF8.GetBytes(Name.Value);
        var fitting = Enumerable.Range(1, Math.Min(bytes.Length, HelperBytes - 1)).Select(length => Number(bytes.AsSpan(0, length)));
        return Guard.Of(Field.TrackHelper.In(ValueSet.Of([.. fitting]), Name.IsNegated));
    }

    public override void Print(OptionWriter writer) => writer.WriteQuoted(Helper, Name.Value, Name.IsNegated);

    private static UInt128 Number(string name) => Number(Encoding.UTF8.GetBytes(name));

    private static UInt128 Number(ReadOnlySpan<byte> name)
    {
        UInt128 number = 0;
        for (var i = 0; i < HelperBytes; i++) { number = number << 8 | (i < name.Length ? name[i] : 0u); }
        return number;
    }
}
