using Firewall.Rules.Targets;
using static Firewall.Rules.Logging.BigEndian;

namespace Firewall.Rules.Logging;

/// <summary>The part of a line about TCP, UDP and UDP-Lite, which is the same for both families.</summary>
internal static class TransportLine
{
    private const int TcpHeader = 20;
    private const int UdpHeader = 8;

    /// <summary>From the highest: bit 0x100 is the lowest of the data offset's byte (accurate ECN, RFC 9768).</summary>
    private static readonly (int Bit, string Name)[] Flags =
    [
        (0x100, "AE "), (0x80, "CWR "), (0x40, "ECE "), (0x20, "URG "), (0x10, "ACK "), (0x08, "PSH "), (0x04, "RST "), (0x02, "SYN "), (0x01, "FIN "),
    ];

    /// <summary>What the kernel knows of the packet beside its bytes, at the end of the line.</summary>
    public static void AddEnd(LineBuffer line, LogOptions options, LoggedPacket logged)
    {
        if (options.Shows(LogDetails.User) && logged.Owner is { } owner) { line.Add($"UID={owner.User} GID={owner.Group} "); }
        if (logged.Mark != 0) { line.Add($"MARK=0x{logged.Mark:x} "); }
    }

    /// <summary>False when the line ends here (<c>nf_log_dump_tcp_header</c>).</summary>
    public static bool AddTcp(LineBuffer line, LogOptions options, PacketBytes packet, int offset, bool isLaterFragment)
    {
        line.Add("PROTO=TCP ");
        if (isLaterFragment) { return true; }
        if (!packet.TryRead(offset, TcpHeader, out var header))
        {
            line.Add($"INCOMPLETE [{packet.Left(offset)} bytes] ");
            return false;
        }

        line.Add($"SPT={Half(header, 0)} DPT={Half(header, 2)} ");
        if (options.Shows(LogDetails.TcpSequence)) { line.Add($"SEQ={Word(header, 4)} ACK={Word(header, 8)} "); }
        line.Add($"WINDOW={Half(header, 14)} RES=0x{(header[12] & Reserved) << 2:x2} ");
        foreach (var (bit, name) in Flags)
        {
            if ((Half(header, 12) & bit) != 0) { line.Add(name); }
        }

        line.Add($"URGP={Half(header, 18)} ");
        var length = (header[12] >> 4) * 4 - TcpHeader;
        if (!options.Shows(LogDetails.TcpOptions) || length <= 0) { return true; }
        if (!packet.TryRead(offset + TcpHeader, length, out var bytes))
        {
            line.Add("OPT (TRUNCATED)");
            return false;
        }

        line.Add($"OPT ({Convert.ToHexString(bytes)}) ");
        return true;
    }

    /// <summary>False when the line ends here (<c>nf_log_dump_udp_header</c>).</summary>
    public static bool AddUdp(LineBuffer line, PacketBytes packet, int protocol, int offset, bool isLaterFragment)
    {
        line.Add(protocol == ProtocolNumber.Udp ? "PROTO=UDP " : "PROTO=UDPLITE ");
        if (isLaterFragment) { return true; }
        if (!packet.TryRead(offset, UdpHeader, out var header))
        {
            line.Add($"INCOMPLETE [{packet.Left(offset)} bytes] ");
            return false;
        }

        line.Add($"SPT={Half(header, 0)} DPT={Half(header, 2)} LEN={Half(header, 4)} ");
        return true;
    }

    /// <summary>TCP_RESERVED_BITS, in the byte of the data offset.</summary>
    private const int Reserved = 0x0E;
}

/// <summary>The protocols that have a line of their own.</summary>
internal static class ProtocolNumber
{
    public const int Icmp = 1;
    public const int Tcp = 6;
    public const int Udp = 17;
    public const int Esp = 50;
    public const int Authentication = 51;
    public const int Icmp6 = 58;
    public const int UdpLite = 136;
}
