using System.Collections.Immutable;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Names;

namespace Firewall.Rules.Options;

/// <summary>States that a rule asks for, in the order in which iptables-save prints them.</summary>
[Flags]
public enum TrackStates
{
    None = 0,
    Invalid = 1,
    New = 2,
    Related = 4,
    Established = 8,
    Untracked = 16,
    SourceNat = 32,
    DestinationNat = 64,
}

/// <summary>Bits of an entry's status that a rule may ask for (include/uapi/linux/netfilter/nf_conntrack_common.h).</summary>
[Flags]
public enum TrackStatuses
{
    None = 0,
    Expected = 1,
    SeenReply = 2,
    Assured = 4,
    Confirmed = 8,
}

public static partial class Values
{
    private static readonly ImmutableArray<(string Name, TrackStates Value)> PlainStateNames =
    [
        ("INVALID", TrackStates.Invalid), ("NEW", TrackStates.New), ("RELATED", TrackStates.Related), ("ESTABLISHED", TrackStates.Established),
        ("UNTRACKED", TrackStates.Untracked),
    ];

    private static readonly ImmutableArray<(string Name, TrackStates Value)> StateNames =
        [.. PlainStateNames, ("SNAT", TrackStates.SourceNat), ("DNAT", TrackStates.DestinationNat)];

    private static readonly ImmutableArray<(string Name, TrackStatuses Value)> StatusNames =
    [
        ("NONE", TrackStatuses.None), ("EXPECTED", TrackStatuses.Expected), ("SEEN_REPLY", TrackStatuses.SeenReply), ("ASSURED", TrackStatuses.Assured),
        ("CONFIRMED", TrackStatuses.Confirmed),
    ];

    /// <summary>Names of states between commas; the beginning of a name will do.</summary>
    public static readonly ValueGrammar<TrackStates> PlainStates = Word<TrackStates>("states", text =>
        Combined(PlainStateNames, text) is { } bits ? (TrackStates)bits : NotAmong(PlainStateNames, text, "state"));

    /// <summary>As <see cref="PlainStates"/>, and SNAT and DNAT.</summary>
    public static readonly ValueGrammar<TrackStates> States = Word<TrackStates>("connection-states", text =>
        Combined(StateNames, text) is { } bits ? (TrackStates)bits : NotAmong(StateNames, text, "state"));

    /// <summary>Names of status bits between commas; the beginning of a name will do.</summary>
    public static readonly ValueGrammar<TrackStatuses> Statuses = Word<TrackStatuses>("connection-statuses", text =>
        Combined(StatusNames, text) is { } bits ? (TrackStatuses)bits : NotAmong(StatusNames, text, "status"));

    /// <summary>0 for ORIGINAL, 1 for REPLY.</summary>
    public static readonly ValueGrammar<byte> Direction = Word<byte>("connection-direction", text =>
        text.Equals("ORIGINAL", StringComparison.OrdinalIgnoreCase) ? (byte)0
        : text.Equals("REPLY", StringComparison.OrdinalIgnoreCase) ? (byte)1
        : Wrong($"`{text}` is neither ORIGINAL nor REPLY"));

    /// <summary>Name or number of a protocol.</summary>
    public static readonly ValueGrammar<byte> Protocol = Word<byte>("protocol", text =>
        Protocols.TryParse(text, out var protocol) ? protocol : Wrong($"`{text}` is not a protocol"));

    /// <summary>
    /// A number of bits, or a mask written as an address (<c>XTTYPE_PLENMASK</c>). A mask whose ones do not come first gives
    /// <see cref="NoPrefix"/>, which most modules take for all bits.
    /// </summary>
    public static readonly ValueGrammar<int> Prefix = Word<int>("mask", (text, context) =>
        TryPrefix(text, context.Family, out var length) ? length : NotAMask(text, context.Family));

    /// <summary>What libxtables makes of a mask that is no prefix: -1 in a byte.</summary>
    public const int NoPrefix = 255;

    /// <summary>A 64-bit number or range with open ends; a number alone is the beginning of a range without end (<c>XTTYPE_UINT64RC</c>).</summary>
    public static readonly ValueGrammar<ValueRange> OpenRange = Word<ValueRange>("open-number-range", text =>
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (low, high) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        ulong from = 0, to = ulong.MaxValue;
        if (low.Length > 0 && !Numbers.TryParse(low, ulong.MaxValue, out from)) { return Wrong($"`{low}` is not a number from 0 to {ulong.MaxValue}"); }
        if (high.Length > 0 && !Numbers.TryParse(high, ulong.MaxValue, out to)) { return Wrong($"`{high}` is not a number from 0 to {ulong.MaxValue}"); }
        return from <= to ? new ValueRange(from, to) : Wrong($"the range {text} is upside down", $"write {to}:{from}");
    });

    /// <summary>Number of a connection label, or its name in <c>/etc/xtables/connlabel.conf</c>, which is not read here.</summary>
    public static readonly ValueGrammar<string> ConnectionLabel = Word<string>("connection-label", text =>
    {
        if (Numbers.TryParse(text, ulong.MaxValue, out var number))
        {
            return number < 128 ? $"{number}" : Wrong($"label {number} is above 127");
        }

        return text.Length > 0 ? text : Wrong("a label has a name or a number");
    });

    /// <summary>The list as iptables-save prints it.</summary>
    public static string StatesText(TrackStates states) => string.Join(',', StateNames.Where(n => states.HasFlag(n.Value)).Select(n => n.Name));

    /// <inheritdoc cref="StatesText"/>
    public static string StatusesText(TrackStatuses statuses) => statuses == TrackStatuses.None
        ? "NONE"
        : string.Join(',', StatusNames.Where(n => n.Value != TrackStatuses.None && statuses.HasFlag(n.Value)).Select(n => n.Name));

    /// <summary>The address as written, with its length unless all bits count.</summary>
    public static string PrefixText(HostPrefix prefix, Family family) =>
        AddressText.Format(prefix.Address, family) + (prefix.Length == family.AddressBits() ? "" : $"/{prefix.Length}");

    private static int? Combined<T>(ImmutableArray<(string Name, T Value)> names, string text)
        where T : struct, Enum
    {
        var bits = 0;
        foreach (var item in text.Split(','))
        {
            var found = names.FirstOrDefault(n => item.Length > 0 && n.Name.StartsWith(item, StringComparison.OrdinalIgnoreCase));
            if (found.Name is null) { return null; }
            bits |= Convert.ToInt32(found.Value);
        }

        return bits;
    }

    private static WrongValue NotAmong<T>(ImmutableArray<(string Name, T Value)> names, string text, string what) =>
        Wrong($"`{text}` is not a {what} or a list of them", $"there are {Names(names)}");

    private static bool TryPrefix(string text, Family family, out int length)
    {
        var bits = family.AddressBits();
        length = bits;
        if (Numbers.TryParse(text, (ulong)bits, out var number))
        {
            length = (int)number;
            return true;
        }

        if (!AddressText.TryParseHost(text, family, out var mask)) { return false; }
        length = new AddressMask(0, mask).PrefixLength(family) ?? NoPrefix;
        return true;
    }

    private static WrongValue NotAMask(string text, Family family) =>
        Wrong($"`{text}` is not a mask", $"a mask is a number of bits from 0 to {family.AddressBits()} or an address");
}
