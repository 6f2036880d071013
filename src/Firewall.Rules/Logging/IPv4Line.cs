using Firewall.Rules.Targets;
using static Firewall.Rules.Logging.BigEndian;

namespace Firewall.Rules.Logging;

/// <summary>The part of a line about an IPv4 packet: <c>dump_ipv4_packet</c>.</summary>
internal readonly ref struct IPv4Line(LineBuffer line, LogOptions options, LoggedPacket logged, ReadOnlySpan<byte> bytes, int length)
{
    private const int FixedHeader = 20;
    private const int IcmpHeader = 8;

    private readonly PacketBytes _packet = new(bytes, length);

    /// <summary>Adds the packet at <paramref name="start"/>.</summary>
    /// <param name="start">Where the header begins: 0, or behind the ICMP header of an error.</param>
    public void Add(int start)
    {
        if (!_packet.TryRead(start, FixedHeader, out var header))
        {
            line.Add("TRUNCATED");
            return;
        }

        var isOuter = start == 0;
        AddAddresses(header);
        line.Add($"LEN={Half(header, 2)} TOS=0x{header[1] & 0x1E:X2} PREC=0x{header[1] & 0xE0:X2} TTL={TimeToLive(header, isOuter)} ID={Half(header, 4)} ");
        var fragment = Half(header, 6);
        if ((fragment & 0x8000) != 0) { line.Add("CE "); }
        if ((fragment & 0x4000) != 0) { line.Add("DF "); }
        if ((fragment & 0x2000) != 0) { line.Add("MF "); }
        fragment &= 0x1FFF;
        if (fragment != 0) { line.Add($"FRAG:{fragment} "); }
        var headerLength = (header[0] & 15) * 4;
        if (options.Shows(LogDetails.IPOptions) && headerLength > FixedHeader)
        {
            if (!_packet.TryRead(start + FixedHeader, headerLength - FixedHeader, out var ipOptions))
            {
                line.Add("TRUNCATED");
                return;
            }

            line.Add($"OPT ({Convert.ToHexString(ipOptions)}) ");
        }

        if (AddProtocol(header[9], start, start + headerLength, fragment != 0) && isOuter) { TransportLine.AddEnd(line, options, logged); }
    }

    /// <summary>Forwarding has already counted the hop when the chain is asked.</summary>
    private int TimeToLive(ReadOnlySpan<byte> header, bool isOuter) => isOuter && !logged.HopIsCounted ? header[8] - 1 : header[8];

    private void AddAddresses(ReadOnlySpan<byte> header) =>
        line.Add($"SRC={header[12]}.{header[13]}.{header[14]}.{header[15]} DST={header[16]}.{header[17]}.{header[18]}.{header[19]} ");

    /// <summary>False when the line ends here.</summary>
    private bool AddProtocol(int protocol, int start, int transport, bool isLaterFragment)
    {
        switch (protocol)
        {
            case ProtocolNumber.Tcp:
                return TransportLine.AddTcp(line, options, _packet, transport, isLaterFragment);
            case ProtocolNumber.Udp or ProtocolNumber.UdpLite:
                return TransportLine.AddUdp(line, _packet, protocol, transport, isLaterFragment);
            case ProtocolNumber.Icmp:
                line.Add("PROTO=ICMP ");
                if (!isLaterFragment) { AddIcmp(start, transport); }
                return true;
            case ProtocolNumber.Authentication:
                // The kernel says nothing of a later fragment.
                if (!isLaterFragment) { AddSecurityIndex("AH", transport, headerLength: 12, offset: 4, isLaterFragment); }
                return true;
            case ProtocolNumber.Esp:
                AddSecurityIndex("ESP", transport, headerLength: 8, offset: 0, isLaterFragment);
                return true;
            default:
                line.Add($"PROTO={protocol} ");
                return true;
        }
    }

    private void AddSecurityIndex(string name, int transport, int headerLength, int offset, bool isLaterFragment)
    {
        line.Add($"PROTO={name} ");
        if (isLaterFragment) { return; }
        if (_packet.TryRead(transport, headerLength, out var header)) { line.Add($"SPI=0x{Word(header, offset):x} "); }
        else { AddIncomplete(transport); }
    }

    private void AddIncomplete(int transport) => line.Add($"INCOMPLETE [{_packet.Left(transport)} bytes] ");

    private void AddIcmp(int start, int transport)
    {
        if (!_packet.TryRead(transport, IcmpHeader, out var header))
        {
            AddIncomplete(transport);
            return;
        }

        var type = header[0];
        line.Add($"TYPE={type} CODE={header[1]} ");
        if (_packet.Left(transport) < LeastLength(type))
        {
            AddIncomplete(transport);
            return;
        }

        switch (type)
        {
            case 0 or 8:
                line.Add($"ID={Half(header, 4)} SEQ={Half(header, 6)} ");
                break;
            case 12:
                line.Add($"PARAMETER={header[4]} ");
                break;
            case 3 or 4 or 5 or 11:
                if (type == 5) { line.Add($"GATEWAY={header[4]}.{header[5]}.{header[6]}.{header[7]} "); }
                AddQuoted(start, transport);
                if (type == 3 && header[1] == 4) { line.Add($"MTU={Half(header, 6)} "); }
                break;
            default:
                break;
        }
    }

    /// <summary>The packet that an error quotes; of what is quoted in there nothing is shown.</summary>
    private void AddQuoted(int start, int transport)
    {
        if (start != 0) { return; }
        line.Add("[");
        Add(transport + IcmpHeader);
        line.Add("] ");
    }

    /// <summary>Bytes of an ICMP message without which the kernel calls it incomplete.</summary>
    private static uint LeastLength(int type) => type switch
    {
        0 or 8 => 4,
        3 or 4 or 5 or 11 or 12 => IcmpHeader + FixedHeader,
        13 or 14 => 20,
        17 or 18 => 12,
        _ => 0,
    };
}
