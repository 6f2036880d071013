using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Remarks that the kernel keeps (net/netfilter/xt_comment.c). Matches every packet; libxt_comment.c keeps 255 bytes of the text.</summary>
public sealed record CommentMatch(string Text) : Match
{
    private const int MaximumLength = 255;

    private static readonly Option<string> Comment = Option.Value("--comment", Values.FreeText).Required();

    public static readonly MatchModule Module = new("comment")
    {
        Summary = "Keeps a comment with the rule.",
        Options = [Comment],
        Create = given => given.Get(Comment) is { } text ? new CommentMatch(text.Value[..Math.Min(MaximumLength, text.Value.Length)]) : null,
        Examples =
        [
            Accepts("-m comment --comment hello"),
            Accepts("-m comment --comment \"say \\\"hi\\\" ! -s\""),
            Accepts("-m comment --comment \"\""),
            Rejects("-m comment"),
            Rejects("-m comment ! --comment no"),
            Rejects("-m comment --comment a --comment b"),
            Hits("-m comment --comment hello", Packet.Udp(1, 53)),
            Hits("-m comment --comment hello", Packet.Udp6(1, 53)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Always;

    public override void Print(OptionWriter writer) => writer.WriteQuoted(Comment, Text);
}
