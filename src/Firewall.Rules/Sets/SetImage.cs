using System.Collections.Immutable;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Sets;

/// <summary>One entry of a table: 64-bit words in the host's byte order.</summary>
public sealed record TableEntry(ImmutableArray<ulong> Key, ImmutableArray<ulong> Value);

/// <summary>What a set's <see cref="Table"/> holds, so that the program made of <see cref="SetMeaning"/> finds it.</summary>
/// <param name="Table">The table.</param>
/// <param name="Entries">All of it: elements, shapes, and last of all the head, which makes them count.</param>
public sealed record SetImage(Table Table, ImmutableArray<TableEntry> Entries)
{
    /// <summary>The table of a set.</summary>
    public static Table TableOf(SetDefinition set) => SetLayout.TableOf(set);

    /// <summary>The key of the entry that says which generation counts; the first word of its value holds that in its highest byte.</summary>
    public static ImmutableArray<ulong> HeadKey(SetDefinition set) => SetLayout.KeyOf(set, SetLayout.HeadKind);

    /// <summary>Generation of an entry, from the last word of its key; a head belongs to none.</summary>
    public static byte? GenerationOf(ImmutableArray<ulong> key) =>
        (key[^1] & (0xFFul << 48)) == SetLayout.HeadKind ? null : (byte)(key[^1] >> SetLayout.GenerationShift);

    /// <summary>Translates a set.</summary>
    /// <param name="set">The set.</param>
    /// <param name="jiffies">The kernel's <c>jiffies64</c> now: elements die so many after it.</param>
    /// <param name="hertz">Jiffies a second.</param>
    /// <param name="generation">Tells these contents from older ones in the same table.</param>
    /// <returns>Null when the elements have more different pairs of prefix lengths than there is room for.</returns>
    public static SetImage? Of(SetDefinition set, ulong jiffies, uint hertz, byte generation = 0)
    {
        var entries = new List<TableEntry>();
        var shapes = new SortedSet<ulong>(Comparer<ulong>.Create(LongestFirst));
        foreach (var entry in set.Entries)
        {
            if (entry.Values.Any(v => v is InterfaceValue { IsPort: true })) { continue; }
            entries.Add(new(SetLayout.KeyOf(set, entry, generation), ValueOf(set, entry, jiffies, hertz)));
            if (set.Type.HasNets) { shapes.Add(SetLayout.ShapeOf(set, entry)); }
        }

        if (set.Type.Parts.Contains(SetPart.Interface)) { MarkNets(set, entries, shapes, jiffies, hertz, generation); }
        if (shapes.Count > SetLayout.MostShapes) { return null; }
        entries.AddRange(Pieces(set, [.. shapes], generation));
        return new(SetLayout.TableOf(set), [.. entries]);
    }

    /// <summary>
    /// A network that has any element in a hash:net,iface ends the search, whatever its interfaces (<c>multi</c> in ip_set_hash_gen.h): a mark says that it is there. It dies
    /// with the last of its elements.
    /// </summary>
    private static void MarkNets(SetDefinition set, List<TableEntry> entries, SortedSet<ulong> shapes, ulong jiffies, uint hertz, byte generation)
    {
        foreach (var net in set.Entries.Where(e => e.Values is [_, InterfaceValue { IsPort: false }]).GroupBy(e => e.Values[0]))
        {
            var mark = new SetEntry([net.Key, new InterfaceValue("", IsPort: false, IsWildcard: true)]);
            var longest = net.Any(e => e.Timeout is null or 0) ? 0 : net.Max(e => e.Timeout);
            var value = ValueOf(set, mark with { Timeout = longest }, jiffies, hertz);
            entries.Add(new(SetLayout.KeyOf(set, mark, generation), value.SetItem(SetLayout.FlagsWord, SetLayout.PresenceFlag)));
            shapes.Add(SetLayout.ShapeOf(set, mark));
        }
    }

    private static ImmutableArray<ulong> ValueOf(SetDefinition set, SetEntry entry, ulong jiffies, uint hertz)
    {
        var words = new ulong[SetLayout.TableOf(set).Words];
        words[SetLayout.FlagsWord] = entry.IsNoMatch ? SetLayout.NoMatchFlag : 0;

        // The kernel's element still lives in the jiffy it names (time_is_before_jiffies), a table's entry does not.
        words[SetLayout.ExpiryWord] = entry.Timeout is > 0 and var seconds ? jiffies + (ulong)seconds * hertz + 1 : 0;
        if (set.HasCounters)
        {
            words[SetLayout.PacketsWord] = entry.Packets ?? 0;
            words[SetLayout.BytesWord] = entry.Bytes ?? 0;
        }

        if (SetLayout.KeepsMac(set) && entry.Values[1] is MacValue mac)
        {
            words[SetLayout.MacWord(set)] = mac.Address ?? (SetLayout.UnsetMac | (entry.Timeout ?? 0));
            if (mac.Address is null) { words[SetLayout.ExpiryWord] = 0; }
        }

        return [.. words];
    }

    /// <summary>The list of shapes in pieces of three, from the last to the head.</summary>
    private static IEnumerable<TableEntry> Pieces(SetDefinition set, ImmutableArray<ulong> shapes, byte generation)
    {
        var count = Math.Max(1, (shapes.Length + SetLayout.ShapesInPiece - 1) / SetLayout.ShapesInPiece);
        var words = SetLayout.TableOf(set).Words;
        for (var number = count - 1; number >= 0; number--)
        {
            var piece = (ulong)generation << SetLayout.GenerationShift | (number + 1 < count ? (ulong)(number + 1) << SetLayout.NextPieceShift : 0);
            for (var i = 0; i < SetLayout.ShapesInPiece; i++)
            {
                var index = number * SetLayout.ShapesInPiece + i;
                piece |= (index < shapes.Length ? shapes[index] : SetLayout.NoShape) << (16 * i);
            }

            var key = number == 0 ? HeadKey(set) : SetLayout.KeyOf(set, SetLayout.PieceKind, (ulong)number, generation);
            yield return new(key, [piece, .. new ulong[words - 1]]);
        }
    }

    /// <summary>By the first net's prefix, then by the second's, both falling.</summary>
    private static int LongestFirst(ulong left, ulong right) =>
        (left & 0xFF) != (right & 0xFF) ? (right & 0xFF).CompareTo(left & 0xFF) : (right >> 8).CompareTo(left >> 8);
}
