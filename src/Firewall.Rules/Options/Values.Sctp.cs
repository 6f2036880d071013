using System.Collections.Immutable;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Options;

/// <summary>How a packet's chunks must relate to the listed types.</summary>
public enum SctpChunkKind
{
    Any,
    All,
    Only,
}

/// <summary>Which flags of a chunk are looked at and which of them must be set.</summary>
public readonly record struct SctpChunkFlags(byte Type, byte Mask, byte Set);

/// <summary>The chunk types that a rule lists.</summary>
public sealed record SctpChunkTest(SctpChunkKind Kind, ValueSet Types, EquatableArray<SctpChunkFlags> Flags)
{
    /// <summary>The listed types from 64 × <paramref name="word"/> on, one a bit.</summary>
    public ulong TypesFrom64(int word) =>
        Enumerable.Range(0, 64).Where(bit => Types.Contains((UInt128)(64 * word + bit))).Aggregate(0UL, (bits, bit) => bits | 1UL << bit);
}

public static partial class Values
{
    /// <summary>Types with a name, in the order in which libxt_sctp.c lists them.</summary>
    private static readonly ImmutableArray<(string Name, byte Type)> SctpChunkTypes =
    [
        ("DATA", 0), ("INIT", 1), ("INIT_ACK", 2), ("SACK", 3), ("HEARTBEAT", 4), ("HEARTBEAT_ACK", 5), ("ABORT", 6), ("SHUTDOWN", 7),
        ("SHUTDOWN_ACK", 8), ("ERROR", 9), ("COOKIE_ECHO", 10), ("COOKIE_ACK", 11), ("ECN_ECNE", 12), ("ECN_CWR", 13), ("SHUTDOWN_COMPLETE", 14),
        ("I_DATA", 64), ("RE_CONFIG", 130), ("PAD", 132), ("ASCONF", 193), ("ASCONF_ACK", 128), ("FORWARD_TSN", 192), ("I_FORWARD_TSN", 194),
    ];

    private static readonly ImmutableArray<string> SctpChunkKinds = ["any", "all", "only"];

    /// <summary>
    /// Two words: <c>any</c>, <c>all</c> or <c>only</c>, and chunk types with flags, <c>DATA:Ube,INIT</c>. A capital asks for the flag to be
    /// set, a small letter for it to be clear. Flags of a type above 14 are read and have no effect, as in libxt_sctp.c, which confuses them.
    /// </summary>
    public static readonly ValueGrammar<SctpChunkTest> SctpChunks = new("sctp-chunks", 2, (words, _) =>
    {
        var kind = SctpChunkKinds.IndexOf(words[0], 0, StringComparer.OrdinalIgnoreCase);
        if (kind < 0) { return Wrong($"`{words[0]}` is not any, all or only"); }
        if (words[1].Equals("ALL", StringComparison.OrdinalIgnoreCase)) { return new SctpChunkTest((SctpChunkKind)kind, ValueSet.All(8), []); }
        if (words[1].Equals("NONE", StringComparison.OrdinalIgnoreCase)) { return new SctpChunkTest((SctpChunkKind)kind, ValueSet.Empty, []); }

        var types = new List<ValueRange>();
        var flags = new Dictionary<int, SctpChunkFlags>();
        foreach (var item in words[1].Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = item.IndexOf(':', StringComparison.Ordinal);
            var name = colon < 0 ? item : item[..colon];
            var row = SctpChunkTypes.ToList().FindIndex(t => t.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (row < 0) { return Wrong($"`{name}` is not an SCTP chunk type", $"the types are {string.Join(' ', SctpChunkTypes.Select(t => t.Name))} ALL NONE"); }
            var type = SctpChunkTypes[row].Type;
            types.Add(new ValueRange(type, type));
            foreach (var flag in colon < 0 ? "" : item[(colon + 1)..])
            {
                var bit = 7 - SctpFlagLetters(type).IndexOf(char.ToUpperInvariant(flag), StringComparison.Ordinal);
                if (bit > 7) { return Wrong($"`{flag}` is not a flag of {SctpChunkTypes[row].Name} chunks"); }
                var known = flags.GetValueOrDefault(row, new SctpChunkFlags(type, 0, 0));
                flags[row] = new(type, (byte)(known.Mask | 1 << bit), (byte)(known.Set | (char.IsAsciiLetterUpper(flag) ? 1 << bit : 0)));
            }
        }

        return flags.Count > 4
            ? Wrong("flags of more than four chunk types")
            : new SctpChunkTest((SctpChunkKind)kind, ValueSet.Union(types), [.. flags.Values.Where(f => f.Type <= 14).OrderBy(f => f.Type)]);
    });

    /// <summary>The two words as iptables-save prints them.</summary>
    public static string SctpChunkText(SctpChunkTest test) => SctpChunkKinds[(int)test.Kind] + " " + (test switch
    {
        { Types.IsEmpty: true } => "NONE",
        _ when test.Types.Equals(ValueSet.All(8)) => "ALL",
        _ => string.Join(',', SctpChunkTypes.OrderBy(t => t.Type).Where(t => test.Types.Contains(t.Type)).Select(t => t.Name + SctpFlagText(test, t.Type))),
    });

    private static string SctpFlagText(SctpChunkTest test, byte type)
    {
        var flags = test.Flags.FirstOrDefault(f => f.Type == type);
        if (flags.Mask == 0) { return ""; }
        var letters = SctpFlagLetters(type).Where((_, place) => (flags.Mask & 0x80 >> place) != 0)
            .Zip(Enumerable.Range(0, 8).Where(place => (flags.Mask & 0x80 >> place) != 0))
            .Select(flag => (flags.Set & 0x80 >> flag.Second) != 0 ? flag.First : char.ToLowerInvariant(flag.First));
        return ":" + string.Concat(letters);
    }

    /// <summary>The letters of a chunk type's flags from bit 7 to bit 0.</summary>
    private static string SctpFlagLetters(byte type) => type switch
    {
        0 or 64 => "----IUBE",
        6 or 14 => "-------T",
        _ => "--------",
    };
}
