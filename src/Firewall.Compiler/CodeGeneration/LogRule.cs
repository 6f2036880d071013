using System.Buffers.Binary;
using System.Text;
using Firewall.Rules.Targets;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>A rule that logs, as the map of log rules keeps it, so that the pins are all that a reader needs.</summary>
/// <param name="Options">Of its target; of <see cref="LogOptions.Netlink"/> the group only.</param>
/// <param name="Counter">The rule's number in the <see cref="Rules.Evaluation.CounterLayout"/>.</param>
public sealed record LogRule(LogOptions Options, int Counter)
{
    // u32 level, details, counter; u16 group; u8 whether there is one; u8 length of the prefix; the prefix.
    private const int DetailsField = 4;
    private const int CounterField = 8;
    private const int GroupField = 12;
    private const int NetlinkField = 14;
    private const int LengthField = 15;
    private const int PrefixField = 16;

    /// <summary>Bytes of an entry.</summary>
    public const int Size = PrefixField + LogOptions.LongestNetlinkPrefix + 1;

    /// <summary>The bytes of an entry.</summary>
    public byte[] Write()
    {
        var entry = new byte[Size];
        BinaryPrimitives.WriteInt32LittleEndian(entry, Options.Level);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(DetailsField), (int)Options.Details);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(CounterField), Counter);
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(GroupField), (ushort)(Options.Netlink?.Group ?? 0));
        entry[NetlinkField] = (byte)(Options.Netlink is null ? 0 : 1);
        entry[LengthField] = (byte)Encoding.Latin1.GetBytes(Options.Prefix, entry.AsSpan(PrefixField, LogOptions.LongestNetlinkPrefix));
        return entry;
    }

    /// <summary>Reads an entry.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static LogRule Read(ReadOnlySpan<byte> entry)
    {
        if (entry.Length != Size || entry[LengthField] > LogOptions.LongestNetlinkPrefix) { throw new InvalidDataException("no entry of the map of log rules"); }
        var group = BinaryPrimitives.ReadUInt16LittleEndian(entry[GroupField..]);
        return new LogRule(
            new LogOptions
            {
                Prefix = Encoding.Latin1.GetString(entry.Slice(PrefixField, entry[LengthField])),
                Level = BinaryPrimitives.ReadInt32LittleEndian(entry),
                Details = (LogDetails)BinaryPrimitives.ReadInt32LittleEndian(entry[DetailsField..]),
                Netlink = entry[NetlinkField] == 0 ? null : new NetlinkLog(group),
            },
            BinaryPrimitives.ReadInt32LittleEndian(entry[CounterField..]));
    }
}
