using System.Buffers.Binary;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>One record of the ring <see cref="LogRing"/>: a packet that a rule logs. Numbers are in the processor's order (little endian).</summary>
/// <param name="Nanoseconds">CLOCK_MONOTONIC when it was logged.</param>
/// <param name="Rule">Index into the map of log rules.</param>
/// <param name="InIndex">The device it came in by.</param>
/// <param name="OutIndex">FORWARD: the device it leaves by; 0 in INPUT.</param>
/// <param name="FrameLength">Bytes of the frame, of which the record holds at least those that the line shows.</param>
public sealed record LogRecord(ulong Nanoseconds, int Rule, int InIndex, int OutIndex, uint Mark, int FrameLength, ReadOnlyMemory<byte> Frame)
{
    internal const short TimeField = 0;
    internal const short RuleField = 8;
    internal const short InField = 12;
    internal const short OutField = 16;
    internal const short MarkField = 20;
    internal const short LengthField = 24;
    internal const short CopiedField = 28;

    /// <summary>Bytes in front of the frame.</summary>
    internal const int HeaderSize = 32;

    /// <summary>Reads a record as the program wrote it.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static LogRecord Read(ReadOnlyMemory<byte> record)
    {
        if (record.Length < HeaderSize) { throw new InvalidDataException($"a log record has at least {HeaderSize} bytes, not {record.Length}"); }
        var header = record.Span;
        var copied = Number(header, CopiedField);
        return copied >= 0 && copied <= record.Length - HeaderSize
            ? new LogRecord(
                BinaryPrimitives.ReadUInt64LittleEndian(header), Number(header, RuleField), Number(header, InField), Number(header, OutField),
                (uint)Number(header, MarkField), Number(header, LengthField), record.Slice(HeaderSize, copied))
            : throw new InvalidDataException($"a log record of {record.Length} bytes cannot hold {copied} of a frame");
    }

    private static int Number(ReadOnlySpan<byte> record, short field) => BinaryPrimitives.ReadInt32LittleEndian(record[field..]);
}
