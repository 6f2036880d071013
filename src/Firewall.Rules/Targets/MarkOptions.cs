using System.Collections.Immutable;
using Firewall.Rules.Options;

namespace Firewall.Rules.Targets;

/// <summary>
/// The options by which MARK and CONNMARK say what becomes of a mark: <c>(mark &amp; ~Mask) ^ Number</c> (libxt_MARK.c, libxt_CONNMARK.c).
/// </summary>
internal static class MarkOptions
{
    public static readonly Option<MaskedNumber> SetXmark = Option.Value("--set-xmark", Values.Mark);
    public static readonly Option<MaskedNumber> SetMark = Option.Value("--set-mark", Values.Mark);
    public static readonly Option<uint> AndMark = Option.Value("--and-mark", Values.Number(uint.MaxValue));
    public static readonly Option<uint> OrMark = Option.Value("--or-mark", Values.Number(uint.MaxValue));
    public static readonly Option<uint> XorMark = Option.Value("--xor-mark", Values.Number(uint.MaxValue));

    public static readonly ImmutableArray<Option> All = [SetXmark, SetMark, AndMark, OrMark, XorMark];

    /// <summary>What one of the options says; null for any other option, and after an error.</summary>
    public static MaskedNumber? Read(GivenOptions given, Option option)
    {
        if (ReferenceEquals(option, SetXmark)) { return given.Get(SetXmark)?.Value; }
        if (ReferenceEquals(option, SetMark)) { return given.Get(SetMark) is { Value: var set } ? set with { Mask = set.Mask | set.Number } : null; }
        if (ReferenceEquals(option, AndMark)) { return given.Get(AndMark) is { Value: var kept } ? new(0, ~kept) : null; }
        if (ReferenceEquals(option, OrMark)) { return given.Get(OrMark) is { Value: var added } ? new(added, added) : null; }
        if (ReferenceEquals(option, XorMark)) { return given.Get(XorMark) is { Value: var flipped } ? new(flipped, 0) : null; }
        return null;
    }

    public static void Print(OptionWriter writer, MaskedNumber mark) => writer.Write(SetXmark, $"0x{mark.Number:x}/0x{mark.Mask:x}");
}
