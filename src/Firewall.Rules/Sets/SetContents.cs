using System.Collections.Immutable;
using System.Text;
using Firewall.Rules.Options;

namespace Firewall.Rules.Sets;

/// <summary>Reads a set's elements back from its table.</summary>
public static class SetContents
{
    /// <summary>The set with the elements that its table holds now; what died is left out, and comments are, which tables do not keep.</summary>
    /// <param name="set">Its header; its own elements do not matter, but for the order of a list.</param>
    /// <param name="entries">The whole table.</param>
    /// <param name="jiffies">The kernel's <c>jiffies64</c> now.</param>
    /// <param name="hertz">Jiffies a second.</param>
    public static SetDefinition Of(SetDefinition set, IEnumerable<TableEntry> entries, ulong jiffies, uint hertz)
    {
        var all = entries.ToList();
        var headKey = SetImage.HeadKey(set);
        var generation = all.Find(e => e.Key.SequenceEqual(headKey)) is { } head ? (byte)(head.Value[SetLayout.FlagsWord] >> SetLayout.GenerationShift) : (byte)0;
        var elements = all
            .Where(e => SetImage.GenerationOf(e.Key) == generation && (e.Key[^1] & SetLayout.PieceKind) == 0)
            .Where(e => (e.Value[SetLayout.FlagsWord] & SetLayout.PresenceFlag) == 0 && !IsDead(e.Value[SetLayout.ExpiryWord], jiffies))
            .Select(e => EntryOf(set, e, jiffies, hertz));
        return set with { Entries = [.. set.Type.Method == SetMethod.List ? elements.OrderBy(e => PlaceOf(set, e)) : elements] };
    }

    private static bool IsDead(ulong expiry, ulong jiffies) => expiry != 0 && (long)(jiffies - expiry) >= 0;

    private static int PlaceOf(SetDefinition list, SetEntry member) => list.Entries.Select(e => e.Values).ToList().IndexOf(member.Values);

    private static SetEntry EntryOf(SetDefinition set, TableEntry entry, ulong jiffies, uint hertz)
    {
        var expiry = entry.Value[SetLayout.ExpiryWord];
        var mac = SetLayout.KeepsMac(set) ? entry.Value[SetLayout.MacWord(set)] : 0;
        return new(ValuesOf(set, entry.Key, mac))
        {
            IsNoMatch = (entry.Value[SetLayout.FlagsWord] & SetLayout.NoMatchFlag) != 0,
            Timeout = set.Timeout is null ? null : mac >= SetLayout.UnsetMac ? (uint)mac : expiry == 0 ? 0 : (uint)Math.Max(1, (expiry - 1 - jiffies) / hertz),
            Packets = set.HasCounters ? entry.Value[SetLayout.PacketsWord] : null,
            Bytes = set.HasCounters ? entry.Value[SetLayout.BytesWord] : null,
        };
    }

    private static EquatableArray<SetValue> ValuesOf(SetDefinition set, ImmutableArray<ulong> key, ulong mac)
    {
        var (at, shape) = (0, key[^1] >> SetLayout.ShapeShift & 0xFFFF);
        var values = ImmutableArray.CreateBuilder<SetValue>();
        foreach (var part in set.Type.Parts)
        {
            var words = key.AsSpan(at, SetLayout.WordsOf(set, part));
            at += words.Length;
            switch (part)
            {
                case SetPart.Port:
                    values.Add(new PortValue((byte)(key[^1] >> 16), (ushort)key[^1]));
                    break;
                case SetPart.Mac:
                    var address = words.Length == 1 ? words[0] : mac;
                    values.Add(new MacValue(address >= SetLayout.UnsetMac ? null : address));
                    break;
                case SetPart.Mark:
                    values.Add(new MarkValue((uint)words[0]));
                    break;
                case SetPart.Interface:
                    var bits = (int)(shape & 0xFF);
                    values.Add(new InterfaceValue(Text(words), IsPort: false, IsWildcard: bits < SetLayout.WholeName));
                    break;
                case SetPart.Member:
                    values.Add(new MemberValue(Text(words)));
                    break;
                default:
                    values.Add(new NetValue(words.Length == 1 ? words[0] : new UInt128(words[0], words[1]), part == SetPart.Net ? (int)(shape & 0xFF) : set.AddressBits));
                    break;
            }

            if (part is SetPart.Net or SetPart.Interface) { shape >>= 8; }
        }

        return new(values.ToImmutable());
    }

    /// <summary>Big-endian bytes up to the first zero.</summary>
    private static string Text(ReadOnlySpan<ulong> words)
    {
        var text = new StringBuilder();
        foreach (var word in words)
        {
            for (var shift = 56; shift >= 0 && (byte)(word >> shift) is not 0 and var b; shift -= 8) { text.Append((char)b); }
        }

        return text.ToString();
    }
}
