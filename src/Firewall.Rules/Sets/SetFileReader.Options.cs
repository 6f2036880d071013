using System.Globalization;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Sets;

/// <summary>The options of <c>create</c> and <c>add</c>.</summary>
public sealed partial class SetFileReader
{
    /// <summary>Most seconds of a timeout: <c>IPSET_MAX_TIMEOUT</c>.</summary>
    private const ulong LongestTimeout = int.MaxValue / 1000;

    private const int LongestComment = 255;

    /// <summary>Elements of a bitmap at most: <c>IPSET_BITMAP_MAX_RANGE</c> + 1.</summary>
    private const int LargestBitmap = 65_536;

    /// <summary>What an element's options say beside the entry.</summary>
    private readonly record struct Placement(bool IsWildcard, SetWord? Reference, bool IsBefore);

    private SetDefinition? Header(List<SetWord> words, SetType type)
    {
        var errors = _diagnostics.Count;
        var set = new SetDefinition(words[1].Text, type) { Family = type.HasFamily ? Family.IPv4 : null };
        SetWord? mask = null, range = null;
        for (var i = 3; i < words.Count; i++)
        {
            var word = words[i];
            var option = word.Text.TrimStart('-');
            var isHash = type.Method == SetMethod.Hash;
            var hasMask = type.Name is "hash:ip" or "hash:ip,port" or "bitmap:ip" or "hash:net,net";
            switch (option)
            {
                case "family" when isHash && type.HasFamily && Value(words, ref i) is { } value:
                    set = set with { Family = FamilyOf(value) ?? set.Family };
                    break;
                case "4" or "6" when isHash && type.HasFamily:
                    set = set with { Family = option == "4" ? Family.IPv4 : Family.IPv6 };
                    break;
                case "hashsize" when isHash && Number(words, ref i, uint.MaxValue) is { } size:
                    set = set with { HashSize = (uint)ulong.Clamp(ulong.Min(size, 1u << 31) is var asked && asked > 0 ? System.Numerics.BitOperations.RoundUpToPowerOf2(asked) : 1, 64, 1u << 31) };
                    break;
                case "maxelem" when isHash && Number(words, ref i, uint.MaxValue) is { } most:
                    set = set with { MostElements = (uint)most };
                    break;
                case "bucketsize" when isHash && Number(words, ref i, byte.MaxValue) is { } bucket:
                    set = set with { BucketSize = (uint)bucket };
                    break;
                case "initval" when isHash && Number(words, ref i, uint.MaxValue) is { } initial:
                    set = set with { InitialValue = (uint)initial };
                    break;
                case "probes" or "resize" or "gc" or "from" or "to" or "network" when Value(words, ref i) is { } ignored:
                    _diagnostics.Add(Diagnostic.Warning(DiagnosticCode.BadSetOption, $"the old option `{word.Text}` is ignored", ignored.Span));
                    break;
                case "netmask" or "bitmask" when hasMask && (option == "netmask" || type.Method == SetMethod.Hash) && Value(words, ref i) is { } value:
                    mask = value;
                    set = set with { IsBitmask = option == "bitmask" };
                    break;
                case "markmask" when type.Name == "hash:ip,mark" && Number(words, ref i, uint.MaxValue) is { } bits:
                    set = set with { MarkMask = (uint)bits };
                    break;
                case "range" when type.Method == SetMethod.Bitmap && Value(words, ref i) is { } value:
                    range = value;
                    break;
                case "size" when type.Method == SetMethod.List && Number(words, ref i, uint.MaxValue) is { } size:
                    set = set with { ListSize = (uint)ulong.Max(size, 4) };
                    break;
                case "timeout" when Number(words, ref i, LongestTimeout) is { } seconds:
                    set = set with { Timeout = (uint)seconds };
                    break;
                case "counters":
                    set = set with { HasCounters = true };
                    break;
                case "comment":
                    set = set with { HasComments = true };
                    break;
                case "skbinfo":
                    set = set with { HasPacketInformation = true };
                    break;
                case "forceadd" when isHash:
                    set = set with { ForcesRoom = true };
                    break;
                default:
                    if (_diagnostics.Count == errors || !_diagnostics[^1].IsError) { Fail(DiagnosticCode.BadSetOption, $"`{word.Text}` is not an option of a {type}", word.Span); }
                    break;
            }

            // What stands behind a wrong option cannot be told from its value.
            if (_diagnostics.Count > errors && _diagnostics[^1].IsError) { break; }
        }

        if (mask is { } given) { set = set with { AddressMask = Mask(set, given) }; }
        if (type.Method == SetMethod.Bitmap) { set = WithRange(set, range, words[2]); }
        return _diagnostics.Skip(errors).Any(d => d.IsError) ? null : set;
    }

    private SetDefinition WithRange(SetDefinition set, SetWord? word, SetWord type)
    {
        if (word is not { } range)
        {
            Fail(DiagnosticCode.BadSetOption, $"a {set.Type} needs a `range`", type.Span, set.Type.Parts[0] == SetPart.Port ? "e.g. `range 0-65535`" : "e.g. `range 10.0.0.0/24`");
            return set;
        }

        try
        {
            var values = set.Type.Parts[0] == SetPart.Port ? PortRange(range.Text) : SetElementReader.AddressRange(range.Text);
            if (set.AddressMask is { } mask) { values = new(values.Low & mask, values.High | (~mask & uint.MaxValue)); }
            var step = set.AddressMask is { } wide ? (~wide & uint.MaxValue) + 1 : 1;
            if ((values.High - values.Low + 1) / step > LargestBitmap) { throw new FormatException($"`{range.Text}` is more than a bitmap can hold, {LargestBitmap} elements"); }
            if ((values.High - values.Low + 1) / step < 2 && set.AddressMask is not null) { throw new FormatException($"`{range.Text}` holds a single network of the netmask"); }
            return set with { Range = values };
        }
        catch (FormatException wrong)
        {
            Fail(DiagnosticCode.BadSetOption, wrong.Message, range.Span);
            return set;
        }
    }

    private static ValueRange PortRange(string text)
    {
        var ends = text.Split('-');
        if (ends.Length > 2 || !Numbers.TryParse(ends[0], ushort.MaxValue, out var one) || !Numbers.TryParse(ends[^1], ushort.MaxValue, out var other))
        {
            throw new FormatException($"`{text}` is not a range of ports");
        }

        return new(ulong.Min(one, other), ulong.Max(one, other));
    }

    private UInt128? Mask(SetDefinition set, SetWord word)
    {
        var bits = set.AddressBits;
        if (set.IsBitmask)
        {
            if (AddressText.TryParseMask(word.Text, set.Family!.Value, out var mask) && mask != 0) { return mask; }
            Fail(DiagnosticCode.BadSetOption, $"`{word.Text}` is not a mask of IPv{(int)set.Family.Value}", word.Span);
            return null;
        }

        if (Numbers.TryParse(word.Text, (ulong)bits, out var prefix) && prefix > 0)
        {
            return (int)prefix == bits ? null : ValueSet.Maximum(bits) ^ (ValueSet.Maximum(bits) >> (int)prefix);
        }

        Fail(DiagnosticCode.BadSetOption, $"`{word.Text}` is not a netmask from 1 to {bits}", word.Span);
        return null;
    }

    private Family? FamilyOf(SetWord word)
    {
        switch (word.Text)
        {
            case "inet" or "ipv4":
                return Family.IPv4;
            case "inet6" or "ipv6":
                return Family.IPv6;
            default:
                Fail(DiagnosticCode.BadSetOption, $"`{word.Text}` is not a family", word.Span, "write `inet` or `inet6`");
                return null;
        }
    }

    private (SetEntry Entry, Placement Place)? Entry(List<SetWord> words, SetDefinition set)
    {
        var errors = _diagnostics.Count;
        var entry = new SetEntry([]) { Timeout = set.Timeout };
        var place = default(Placement);
        for (var i = 3; i < words.Count; i++)
        {
            var word = words[i];
            var option = word.Text.TrimStart('-');
            switch (option)
            {
                case "timeout" when Has(set.Timeout is not null, word, "timeout") && Number(words, ref i, LongestTimeout) is { } seconds:
                    entry = entry with { Timeout = (uint)seconds };
                    break;
                case "packets" when Has(set.HasCounters, word, "counters") && Number(words, ref i, ulong.MaxValue) is { } packets:
                    entry = entry with { Packets = packets };
                    break;
                case "bytes" when Has(set.HasCounters, word, "counters") && Number(words, ref i, ulong.MaxValue) is { } bytes:
                    entry = entry with { Bytes = bytes };
                    break;
                case "comment" when Has(set.HasComments, word, "comment") && Value(words, ref i) is { } comment:
                    if (comment.Text.Length > LongestComment) { Fail(DiagnosticCode.BadSetOption, $"a comment is longer than {LongestComment} bytes", comment.Span); }
                    if (comment.Text.Contains('"', StringComparison.Ordinal)) { Fail(DiagnosticCode.BadSetOption, "a comment cannot hold `\"`", comment.Span); }
                    entry = entry with { Comment = comment.Text };
                    break;
                case "skbmark" or "skbprio" or "skbqueue" when Has(set.HasPacketInformation, word, "skbinfo") && Value(words, ref i) is { } information:
                    entry = entry with { PacketInformation = $"{entry.PacketInformation} {option} {information.Text}".TrimStart() };
                    break;
                case "nomatch" when set.Type.HasNets:
                    entry = entry with { IsNoMatch = true };
                    break;
                case "wildcard" when set.Type.Parts.Contains(SetPart.Interface):
                    place = place with { IsWildcard = true };
                    break;
                case "before" or "after" when set.Type.Method == SetMethod.List && Value(words, ref i) is { } reference:
                    place = place with { Reference = reference, IsBefore = option == "before" };
                    break;
                default:
                    if (_diagnostics.Count == errors || !_diagnostics[^1].IsError) { Fail(DiagnosticCode.BadSetOption, $"`{word.Text}` is not an option of an element of a {set.Type}", word.Span); }
                    break;
            }

            // What stands behind a wrong option cannot be told from its value.
            if (_diagnostics.Count > errors && _diagnostics[^1].IsError) { break; }
        }

        return _diagnostics.Count > errors ? null : (entry, place);
    }

    /// <summary>Whether the set was created with what an element's option needs.</summary>
    private bool Has(bool has, SetWord word, string option)
    {
        if (!has) { Fail(DiagnosticCode.BadSetOption, $"`{word.Text}` cannot be used: the set was created without `{option}`", word.Span); }
        return has;
    }

    private SetWord? Value(List<SetWord> words, ref int index)
    {
        if (index + 1 < words.Count) { return words[++index]; }
        Fail(DiagnosticCode.BadSetOption, $"`{words[index].Text}` needs a value", words[index].Span);
        return null;
    }

    private ulong? Number(List<SetWord> words, ref int index, ulong maximum)
    {
        if (Value(words, ref index) is not { } word) { return null; }
        if (Numbers.TryParse(word.Text, maximum, out var number)) { return number; }
        Fail(DiagnosticCode.BadSetOption, string.Create(CultureInfo.InvariantCulture, $"`{word.Text}` is not a number from 0 to {maximum}"), word.Span);
        return null;
    }
}
