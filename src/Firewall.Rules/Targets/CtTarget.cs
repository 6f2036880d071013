using System.Globalization;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j CT</c>: says how connection tracking treats the packet's connection, or that it does not see the packet (net/netfilter/xt_CT.c).</summary>
/// <param name="NoTrack">Connection tracking does not see the packet; then the rest means nothing.</param>
/// <param name="Helper">Which helper watches the connection; empty for none.</param>
/// <param name="Timeout">Which timeout policy it has; empty for none.</param>
/// <param name="Events">Events that are reported, one bit each in the order of the man page.</param>
/// <param name="ExpectationEvents">As <paramref name="Events"/>, for expected connections.</param>
/// <param name="Zone">The zone it belongs to.</param>
public sealed record CtTarget(bool NoTrack, string Helper, string Timeout, uint Events, uint ExpectationEvents, CtZone Zone) : ModuleTarget
{
    /// <summary>Bytes of a helper's name: <c>helper[16]</c> in <c>struct xt_ct_target_info_v1</c>, less its terminator.</summary>
    private const int LongestHelper = 15;

    /// <summary>Bytes of a policy's name: <c>timeout[32]</c>, less its terminator.</summary>
    private const int LongestTimeout = 31;

    private static readonly Flag NoTrackFlag = Option.Flag("--notrack");
    private static readonly Option<string> HelperOption = Option.Value("--helper", Values.CutText(LongestHelper, shortest: 0));
    private static readonly Option<string> TimeoutOption = Option.Value("--timeout", Values.CutText(LongestTimeout, shortest: 0));
    private static readonly Option<uint> EventsOption = Option.Value("--ctevents", Values.ConnectionEvents);
    private static readonly Option<uint> ExpectationEventsOption = Option.Value("--expevents", Values.ExpectationEvents);
    private static readonly Option<ushort?> ZoneOriginal = Option.Value("--zone-orig", Values.Zone);
    private static readonly Option<ushort?> ZoneReply = Option.Value("--zone-reply", Values.Zone);
    private static readonly Option<ushort?> ZoneOption = Option.Value("--zone", Values.Zone);

    public static readonly TargetModule Module = new("CT")
    {
        Summary = "Says how connection tracking treats the packet's connection, or keeps the packet from it.",
        Tables = ["raw"],
        Options = [NoTrackFlag, HelperOption, TimeoutOption, EventsOption, ExpectationEventsOption, ZoneOriginal, ZoneReply, ZoneOption],
        Create = Read,
        Examples =
        [
            Accepts("-j CT"),
            Accepts("-j CT --notrack"),
            Accepts("-j CT --zone 0x10", prints: "-j CT --zone 16").In(Family.IPv6),
            Accepts("-j CT --zone 0", prints: "-j CT"),
            Accepts("-j CT --zone-orig Mark", prints: "-j CT --zone-orig mark"),
            Accepts("-j CT --zone-orig 3 --zone-reply 4", prints: "-j CT --zone 4"),
            Accepts("-j CT --zone 4 --zone-orig 3", prints: "-j CT --zone-orig 3"),
            Accepts("-j CT --zone mark --zone-orig 3", prints: "-j CT --zone-orig mark"),
            Accepts("-p tcp -j CT --helper ftp"),
            Accepts("-j CT --ctevents destroy,new,new", prints: "-j CT --ctevents new,destroy"),
            Accepts("-j CT --zone 3 --expevents new --ctevents new,related,destroy,reply,assured,protoinfo,helper,mark,natseqinfo,secmark",
                prints: "-j CT --ctevents new,related,destroy,reply,assured,protoinfo,helper,mark,natseqinfo,secmark --expevents new --zone 3"),
            Accepts("-j CT --timeout foo --helper bar --notrack", prints: "-j CT --notrack --helper bar --timeout foo"),
            Rejects("-j CT --zone 65536"),
            Rejects("-j CT --ctevents NEW"),
            Rejects("-j CT --expevents destroy"),
            Rejects("-j CT --ctevents new,"),
            Rejects("-j CT --helper ftp"),
            Rejects("! -p tcp -j CT --helper ftp"),
            Rejects("-j CT --timeout foo"),
            Rejects("-j CT --notrack").At("filter", "INPUT"),
            Does("-j CT --notrack --zone 3", new Untrack()),
            Does("-j CT --zone 3", new LeaveToKernel(DeferReason.Connection)),
            Does("-p tcp -j CT --helper ftp", new LeaveToKernel(DeferReason.Connection)).In(Family.IPv6),
        ],
    };

    public override Effect Effect => NoTrack ? new Untrack() : new LeaveToKernel(DeferReason.Connection);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        if (NoTrack) { writer.Write(NoTrackFlag); }
        if (Helper.Length > 0) { writer.Write(HelperOption, Quoting.QuoteWord(Helper)); }
        if (Timeout.Length > 0) { writer.Write(TimeoutOption, Quoting.QuoteWord(Timeout)); }
        if (Events != 0) { writer.Write(EventsOption, Values.EventText(Events)); }
        if (ExpectationEvents != 0) { writer.Write(ExpectationEventsOption, Values.EventText(ExpectationEvents)); }
        if (Zone.IsMark || Zone.Number != 0) { writer.Write(OptionFor(Zone), Zone.IsMark ? "mark" : Zone.Number.ToString(CultureInfo.InvariantCulture)); }
    }

    private static Option<ushort?> OptionFor(CtZone zone) => zone.Original == zone.Reply ? ZoneOption : zone.Original ? ZoneOriginal : ZoneReply;

    /// <summary>Of several zones the last one counts, for all the directions named; the word mark cannot be taken back.</summary>
    private static CtTarget? Read(GivenOptions given)
    {
        var zone = default(CtZone);
        foreach (var option in given.Uses.Select(u => u.Option).OfType<Option<ushort?>>())
        {
            if (given.Get(option) is not { } read) { continue; }
            zone = new CtZone(read.Value ?? zone.Number, zone.IsMark || read.Value is null,
                zone.Original || ReferenceEquals(option, ZoneOriginal), zone.Reply || ReferenceEquals(option, ZoneReply));
        }

        var target = new CtTarget(given.Has(NoTrackFlag), given.Get(HelperOption, "").Value, given.Get(TimeoutOption, "").Value,
            given.Get(EventsOption, 0u).Value, given.Get(ExpectationEventsOption, 0u).Value, zone);
        var named = target.Helper.Length > 0 ? HelperOption : target.Timeout.Length > 0 ? TimeoutOption : null;
        return named is null || target.NoTrack || given.HasAnyProtocol(named) ? target : null;
    }
}

/// <summary>A zone of connection tracking.</summary>
/// <param name="Number">0 for the default zone.</param>
/// <param name="IsMark">The packet's mark is the zone.</param>
/// <param name="Original">Only for the original direction (with <paramref name="Reply"/>: for both).</param>
/// <param name="Reply">Only for the reply direction.</param>
public readonly record struct CtZone(ushort Number, bool IsMark, bool Original, bool Reply);
