using System.Collections.Immutable;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Sets;

/// <summary>
/// How a set lies in its table, for the step program that asks it and for what fills it. A key is the element's words, by dimension, and a last word, the tag:
/// bits 0–15 port, 16–23 protocol, 32–47 the shape of a net element, 48–55 which kind of entry, 56–63 the generation.
/// </summary>
/// <remarks>
/// <para>The head, the entry with key 0 and kind <see cref="HeadKind"/>, names the generation whose entries count, so that the whole contents change at one
/// blow. Its first word is also the first piece of the list of shapes.</para>
/// <para>A shape is a pair of prefix lengths that some element has: bits 0–7 of the first net, 8–15 of the second (of an interface: bits of its name, 128 for all of
/// it). A piece holds three of them, <see cref="NoShape"/> for none, in bits 0–47, the number of the next piece (0 for none) in 48–55 and the generation in 56–63. The list is in the
/// order in which the kernel tries prefixes: the longest first net first, then the longest second.</para>
/// </remarks>
internal static class SetLayout
{
    public const ulong HeadKind = 1ul << 48;
    public const ulong PieceKind = 2ul << 48;
    public const ulong NoShape = 0xFFFF;
    public const int GenerationShift = 56;
    public const int NextPieceShift = 48;
    public const int ShapeShift = 32;
    public const int ShapesInPiece = 3;

    /// <summary>Most shapes of one set: as many as 256 pieces hold.</summary>
    public const int MostShapes = 256 * ShapesInPiece;

    /// <summary>Words of an entry: flags; then when it dies, in jiffies, 0 never; then packets and bytes where the set counts; then the MAC address of a bitmap:ip,mac.</summary>
    public const int FlagsWord = 0, ExpiryWord = 1, PacketsWord = 2, BytesWord = 3;

    /// <summary>Flags of an entry.</summary>
    public const ulong NoMatchFlag = 1, PresenceFlag = 2;

    /// <summary>In the word of a MAC address that is not known yet, beside the seconds the element will live from then on.</summary>
    public const ulong UnsetMac = 1ul << 63;

    /// <summary>Longest prefix of an interface's name: all of its 16 bytes.</summary>
    public const int WholeName = 128;

    public static Table TableOf(SetDefinition set) => new($"set:{set.Name}", KeyWords(set), Words(set), Capacity(set))
    {
        IsGiven = true,
        ExpiresBy = set.Timeout is null ? null : ExpiryWord,
    };

    public static int MacWord(SetDefinition set) => set.HasCounters ? 4 : 2;

    /// <summary>Whether the second dimension is a value of the entry rather than part of its key.</summary>
    public static bool KeepsMac(SetDefinition set) => set.Type is { Method: SetMethod.Bitmap, Parts: [_, SetPart.Mac] };

    /// <summary>How many words of the key a dimension takes; ports stand in the tag.</summary>
    public static int WordsOf(SetDefinition set, SetPart part) => part switch
    {
        SetPart.Port => 0,
        SetPart.Mac => KeepsMac(set) ? 0 : 1,
        SetPart.Mark => 1,
        SetPart.Interface => 2,
        SetPart.Member => 4,
        _ => set.AddressBits / 32 == 1 ? 1 : 2,
    };

    /// <summary>Key of the head or of a piece.</summary>
    public static ImmutableArray<ulong> KeyOf(SetDefinition set, ulong kind, ulong number = 0, ulong generation = 0)
    {
        var key = new ulong[KeyWords(set)];
        key[^1] = kind | number | generation << GenerationShift;
        return [.. key];
    }

    /// <summary>Key of an element.</summary>
    public static ImmutableArray<ulong> KeyOf(SetDefinition set, SetEntry entry, ulong generation)
    {
        var key = ImmutableArray.CreateBuilder<ulong>(KeyWords(set));
        var tag = generation << GenerationShift | ShapeOf(set, entry) << ShapeShift;
        for (var i = 0; i < entry.Values.Count; i++)
        {
            switch (entry.Values[i])
            {
                case PortValue port:
                    tag |= (ulong)port.Protocol << 16 | port.Port;
                    break;
                case NetValue net when WordsOf(set, set.Type.Parts[i]) == 1:
                    key.Add((ulong)net.Address);
                    break;
                case NetValue net:
                    Add(key, net.Address);
                    break;
                case MacValue mac when !KeepsMac(set):
                    key.Add(mac.Address ?? 0);
                    break;
                case InterfaceValue device:
                    Add(key, InterfaceNames.Number(device.Name));
                    break;
                case MarkValue mark:
                    key.Add(mark.Mark);
                    break;
                case MemberValue member:
                    key.AddRange(NameWords(member.Set));
                    break;
            }
        }

        key.Add(tag);
        return key.MoveToImmutable();
    }

    /// <summary>Which prefix lengths the element has; 0 where its set has no networks.</summary>
    public static ulong ShapeOf(SetDefinition set, SetEntry entry)
    {
        var (shape, place) = (0ul, 0);
        for (var i = 0; i < entry.Values.Count; i++)
        {
            var bits = (set.Type.Parts[i], entry.Values[i]) switch
            {
                (SetPart.Net, NetValue net) => net.Prefix,
                (_, InterfaceValue device) => device.IsWildcard ? device.Name.Length * 8 : WholeName,
                _ => -1,
            };
            if (bits < 0) { continue; }
            shape |= (ulong)bits << place;
            place += 8;
        }

        return shape;
    }

    /// <summary>A set's name, 32 bytes filled up with zeros, as four big-endian numbers.</summary>
    public static ImmutableArray<ulong> NameWords(string name)
    {
        var words = new ulong[4];
        for (var i = 0; i < 32; i++) { words[i / 8] = words[i / 8] << 8 | (i < name.Length ? name[i] & 0xFFul : 0); }
        return [.. words];
    }

    private static void Add(ImmutableArray<ulong>.Builder key, UInt128 number)
    {
        key.Add((ulong)(number >> 64));
        key.Add((ulong)number);
    }

    private static int KeyWords(SetDefinition set) => set.Type.Parts.Sum(p => WordsOf(set, p)) + 1;

    private static int Words(SetDefinition set) => (set.HasCounters ? 4 : 2) + (KeepsMac(set) ? 1 : 0);

    /// <summary>Room for the elements of two generations, for the marks of a hash:net,iface beside them, and for the pieces.</summary>
    private static int Capacity(SetDefinition set)
    {
        UInt128 elements = set.Type.Method switch
        {
            SetMethod.Bitmap => set.Range.High - set.Range.Low + 1,
            SetMethod.List => Math.Max(set.ListSize, (uint)set.Entries.Count),
            _ => set.MostElements == 0 ? int.MaxValue : set.MostElements,
        };
        UInt128 perElement = set.Type.Parts.Contains(SetPart.Interface) ? 4u : 2u;
        return (int)UInt128.Min(elements * perElement + 512, 1 << 24);
    }
}
