using System.Buffers.Binary;
using Firewall.Rules.Logging;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>One record of the ring <see cref="LogRing"/>: a packet that a rule logs. Numbers are in the processor's order (little endian).</summary>
/// <param name="Nanoseconds">CLOCK_MONOTONIC when it was logged.</param>
/// <param name="Rule">Index into the map of log rules.</param>
/// <param name="InIndex">The device it came in by; 0 in OUTPUT.</param>
/// <param name="OutIndex">FORWARD and OUTPUT: the device it leaves by; 0 in INPUT.</param>
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

    internal const short TraitsField = 32;
    internal const short UserField = 36;
    internal const short GroupField = 40;

    /// <summary>Bytes in front of the frame.</summary>
    internal const int HeaderSize = 48;

    public LogTraits Traits { get; init; }

    /// <summary>Whose socket the packet is of; null when it is of none, or the rule does not ask.</summary>
    public SocketOwner? Owner { get; init; }

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
            {
                Traits = (LogTraits)Number(header, TraitsField),
                Owner = ((LogTraits)Number(header, TraitsField)).HasFlag(LogTraits.HasOwner) ? new SocketOwner((uint)Number(header, UserField), (uint)Number(header, GroupField)) : null,
            }
            : throw new InvalidDataException($"a log record of {record.Length} bytes cannot hold {copied} of a frame");
    }

    /// <summary>The packet as lines are written of it.</summary>
    /// <param name="arriving">Name of the device it came in by; empty in OUTPUT.</param>
    /// <param name="leaving">Name of the device it leaves by; empty in INPUT.</param>
    public LoggedPacket ToPacket(string arriving, string leaving)
    {
        var packet = new LoggedPacket(Frame, arriving, leaving) { Mark = Mark, Owner = Owner };
        return !Traits.HasFlag(LogTraits.AtHook) ? packet : packet with
        {
            HopIsCounted = true,
            IsEthernet = !Traits.HasFlag(LogTraits.NotEthernet),
            HasLinkHeader = !Traits.HasFlag(LogTraits.NoLinkHeader),
        };
    }

    private static int Number(ReadOnlySpan<byte> record, short field) => BinaryPrimitives.ReadInt32LittleEndian(record[field..]);
}

/// <summary>What else the program says of a packet.</summary>
[Flags]
public enum LogTraits
{
    None = 0,

    /// <summary>The packet is as the chain sees it; else as it is on the wire. The next two are known only then.</summary>
    AtHook = 1,

    /// <summary>The device's packets have no link header, or this one lost it: the frame's addresses mean nothing.</summary>
    NoLinkHeader = 2,

    /// <summary>The device is no Ethernet (ARPHRD_ETHER).</summary>
    NotEthernet = 4,

    /// <summary>The packet is of a socket that a process has open.</summary>
    HasOwner = 8,
}
