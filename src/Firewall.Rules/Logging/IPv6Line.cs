using System.Text;
using Firewall.Rules.Targets;
using static Firewall.Rules.Logging.BigEndian;

namespace Firewall.Rules.Logging;

/// <summary>The part of a line about an IPv6 packet: <c>dump_ipv6_packet</c>.</summary>
internal readonly ref struct IPv6Line(LineBuffer line, LogOptions options, LoggedPacket logged, ReadOnlySpan<byte> bytes, int length)
{
    private const int FixedHeader = 40;
    private const int IcmpHeader = 8;
    private const int HopByHop = 0, Routing = 43, FragmentHeader = 44, DestinationOptions = 60;

    private readonly PacketBytes _packet = new(bytes, length);

    /// <summary>Adds the packet at <paramref name="start"/>.</summary>
    /// <param name="start">Where the header begins.</param>
    /// <param name="isOuter">Whether it is the packet itself, not one that an ICMP error quotes.</param>
    public void Add(int start, bool isOuter)
    {
        if (!_packet.TryRead(start, FixedHeader, out var header))
        {
            line.Add("TRUNCATED");
            return;
        }

        var hopLimit = isOuter && !logged.HopIsCounted ? header[7] - 1 : header[7];
        var first = Word(header, 0);
        line.Add($"SRC={Address(header[8..24])} DST={Address(header[24..40])} LEN={Half(header, 4) + FixedHeader} TC={(first >> 20) & 0xFF} HOPLIMIT={hopLimit} FLOWLBL={first & 0xFFFFF} ");
        var (next, offset, isLaterFragment) = (header[6], start + FixedHeader, false);
        while (IsExtension(next))
        {
            if (!_packet.TryRead(offset, 2, out var extension))
            {
                line.Add("TRUNCATED");
                return;
            }

            if (!AddExtension(next, offset, ref isLaterFragment)) { return; }
            offset += next switch
            {
                FragmentHeader => 8,
                ProtocolNumber.Authentication => (extension[1] + 2) * 4,
                _ => (extension[1] + 1) * 8,
            };
            next = extension[0];
        }

        if (AddProtocol(next, offset, isOuter, isLaterFragment) && isOuter) { TransportLine.AddEnd(line, options, logged); }
    }

    /// <summary><c>%pI6</c>: eight groups of four digits.</summary>
    private static string Address(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(40);
        for (var i = 0; i < 16; i += 2) { text.Append(Convert.ToHexStringLower(bytes.Slice(i, 2))).Append(':'); }
        return text.ToString(0, 39);
    }

    private static bool IsExtension(int header) =>
        header is HopByHop or Routing or FragmentHeader or DestinationOptions or ProtocolNumber.Authentication or ProtocolNumber.Esp;

    /// <summary>False when the line ends here.</summary>
    private bool AddExtension(int header, int offset, ref bool isLaterFragment)
    {
        var showsOptions = options.Shows(LogDetails.IPOptions);
        if (showsOptions) { line.Add("OPT ( "); }
        var goesOn = header switch
        {
            FragmentHeader => AddFragment(offset, ref isLaterFragment),
            ProtocolNumber.Authentication => !showsOptions || AddSecurityIndex("AH", offset, 12, 4, " ", isLaterFragment),
            ProtocolNumber.Esp => showsOptions && AddSecurityIndex("ESP", offset, 8, 0, " )", isLaterFragment) && false,
            _ => !isLaterFragment || Close(showsOptions),
        };
        if (goesOn && showsOptions) { line.Add(") "); }
        return goesOn;
    }

    private bool Close(bool showsOptions)
    {
        if (showsOptions) { line.Add(")"); }
        return false;
    }

    private bool AddFragment(int offset, ref bool isLaterFragment)
    {
        line.Add("FRAG:");
        if (!_packet.TryRead(offset, 8, out var header))
        {
            line.Add("TRUNCATED ");
            return false;
        }

        var place = Half(header, 2) & 0xFFF8;
        line.Add($"{place} ");
        if ((header[3] & 1) != 0) { line.Add("INCOMPLETE "); }
        line.Add($"ID:{Word(header, 4):x8} ");
        isLaterFragment |= place != 0;
        return true;
    }

    private bool AddSecurityIndex(string name, int offset, int headerLength, int place, string end, bool isLaterFragment)
    {
        line.Add($"{name} ");
        if (isLaterFragment) { return Close(showsOptions: true); }
        if (!_packet.TryRead(offset, headerLength, out var header))
        {
            line.Add($"INCOMPLETE [{_packet.Left(offset)} bytes] )");
            return false;
        }

        line.Add($"SPI=0x{Word(header, place):x}{end}");
        return true;
    }

    /// <summary>False when the line ends here.</summary>
    private bool AddProtocol(int protocol, int offset, bool isOuter, bool isLaterFragment)
    {
        switch (protocol)
        {
            case ProtocolNumber.Tcp:
                return TransportLine.AddTcp(line, options, _packet, offset, isLaterFragment);
            case ProtocolNumber.Udp or ProtocolNumber.UdpLite:
                return TransportLine.AddUdp(line, _packet, protocol, offset, isLaterFragment);
            case ProtocolNumber.Icmp6:
                line.Add("PROTO=ICMPv6 ");
                return isLaterFragment || AddIcmp(offset, isOuter);
            default:
                line.Add($"PROTO={protocol} ");
                return true;
        }
    }

    private bool AddIcmp(int offset, bool isOuter)
    {
        if (!_packet.TryRead(offset, IcmpHeader, out var header))
        {
            line.Add($"INCOMPLETE [{_packet.Left(offset)} bytes] ");
            return false;
        }

        var type = header[0];
        line.Add($"TYPE={type} CODE={header[1]} ");
        switch (type)
        {
            case 128 or 129:
                line.Add($"ID={Half(header, 4)} SEQ={Half(header, 6)} ");
                break;
            case 1 or 2 or 3 or 4:
                if (type == 4) { line.Add($"POINTER={Word(header, 4):x8} "); }
                if (isOuter)
                {
                    line.Add("[");
                    Add(offset + IcmpHeader, isOuter: false);
                    line.Add("] ");
                }

                if (type == 2) { line.Add($"MTU={Word(header, 4)} "); }
                break;
            default:
                break;
        }

        return true;
    }
}
