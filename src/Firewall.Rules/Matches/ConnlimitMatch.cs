using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches by the number of tracked connections from or to a group of addresses (net/netfilter/xt_connlimit.c). The kernel counts its own list of connections, which
/// forgets closed and refused ones in its own time, so that nobody else can tell.
/// </summary>
/// <param name="Limit">How many.</param>
/// <param name="Above">Whether there must be more than that, else at most that.</param>
/// <param name="Prefix">How many bits of the address make a group.</param>
/// <param name="ByDestination">Whether destinations are counted instead of sources.</param>
public sealed record ConnlimitMatch(uint Limit, bool Above, int Prefix, bool ByDestination) : Match
{
    private static readonly Option<uint> UpToOption = Option.Value("--connlimit-upto", Values.Number(uint.MaxValue)).Negatable();
    private static readonly Option<uint> AboveOption = Option.Value("--connlimit-above", Values.Number(uint.MaxValue)).Negatable();
    private static readonly Option<int> MaskOption = Option.Value("--connlimit-mask", Values.Prefix);
    private static readonly Flag SourceOption = Option.Flag("--connlimit-saddr");
    private static readonly Flag DestinationOption = Option.Flag("--connlimit-daddr");

    public static readonly MatchModule Module = new("connlimit")
    {
        Summary = "Matches by the number of connections from or to an address or network.",
        Options = [UpToOption, AboveOption, MaskOption, SourceOption, DestinationOption],
        Create = Read,
        Examples =
        [
            Accepts("-m connlimit --connlimit-above 3", prints: "-m connlimit --connlimit-above 3 --connlimit-mask 32 --connlimit-saddr"),
            Accepts("-m connlimit ! --connlimit-above 0x10", prints: "-m connlimit --connlimit-upto 16 --connlimit-mask 32 --connlimit-saddr"),
            Accepts("-m connlimit --connlimit-upto 3 --connlimit-mask 255.255.0.0 --connlimit-daddr",
                prints: "-m connlimit --connlimit-upto 3 --connlimit-mask 16 --connlimit-daddr"),
            Accepts("-m connlimit --connlimit-upto 3 --connlimit-mask 255.0.255.0", prints: "-m connlimit --connlimit-upto 3 --connlimit-mask 32 --connlimit-saddr"),
            Accepts("-m connlimit --connlimit-above 2", prints: "-m connlimit --connlimit-above 2 --connlimit-mask 128 --connlimit-saddr").In(Family.IPv6),
            Rejects("-m connlimit"),
            Rejects("-m connlimit --connlimit-mask 24"),
            Rejects("-m connlimit --connlimit-above 1 --connlimit-upto 3"),
            Rejects("-m connlimit --connlimit-saddr --connlimit-daddr --connlimit-above 2"),
            Rejects("-m connlimit --connlimit-above 4294967296"),
            Misses("-p tcp -m connlimit --connlimit-above 0", Packet.Udp(1, 53)),
            Misses("-p udp -m connlimit --connlimit-upto 3 -m udp --dport 53", Packet.Udp6(1, 54)),
            Defers("-m connlimit --connlimit-above 3", DeferReason.Memory, Packet.Tcp(1000, 80)),
            Defers("-m connlimit --connlimit-upto 3 --connlimit-daddr", DeferReason.Memory, Packet.Tcp6(1000, 80)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(new Unknowable(DeferReason.Memory));

    public override void Print(OptionWriter writer)
    {
        writer.Write(Above ? AboveOption : UpToOption, $"{Limit}");
        writer.Write(MaskOption, $"{Prefix}");
        writer.Write(ByDestination ? DestinationOption : SourceOption);
    }

    private static ConnlimitMatch? Read(GivenOptions given)
    {
        if (given.Has(UpToOption) == given.Has(AboveOption))
        {
            given.Fail(given.Has(UpToOption) ? AboveOption : null, "exactly one of --connlimit-upto and --connlimit-above must be given");
            return null;
        }

        if (given.Has(SourceOption) && given.Has(DestinationOption))
        {
            given.Fail(DestinationOption, "--connlimit-saddr and --connlimit-daddr cannot stand together");
            return null;
        }

        if ((given.Get(AboveOption) ?? given.Get(UpToOption)) is not { } limit) { return null; }
        var bits = given.Context.Family.AddressBits();
        return new(limit.Value, given.Has(AboveOption) != limit.IsNegated, Math.Min(given.Get(MaskOption, bits).Value, bits), given.Has(DestinationOption));
    }
}
