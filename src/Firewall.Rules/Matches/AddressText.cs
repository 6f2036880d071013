using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Matches;

/// <summary>Text of IP addresses as the C library and libxtables read and write it; numbers are in network order.</summary>
public static class AddressText
{
    internal static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private static readonly SearchValues<char> Ipv6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>Reads an address without a mask. IPv4 may be short: <c>10.1</c> is 10.1.0.0.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, Family family, out UInt128 address) => family == Family.IPv6
        ? TryParseIpv6(text, out address)
        : TryParseDotted(text, mayBeShort: true, out address) || TryParseClassic(text, out address);

    /// <summary>Reads an address as <c>getaddrinfo</c> does, which takes IPv4 text for <c>inet_aton</c>'s: <c>10.1</c> is 10.0.0.1.</summary>
    public static bool TryParseHost(ReadOnlySpan<char> text, Family family, out UInt128 address) =>
        family == Family.IPv6 ? TryParseIpv6(text, out address) : TryParseClassic(text, out address);

    /// <summary>Reads a mask written as an address; an IPv4 one must have all four parts.</summary>
    public static bool TryParseMask(ReadOnlySpan<char> text, Family family, out UInt128 mask) => family == Family.IPv6
        ? TryParseIpv6(text, out mask)
        : TryParseDotted(text, mayBeShort: false, out mask);

    /// <summary>As <c>inet_ntop</c>: dotted, or RFC 5952 with embedded IPv4 for mapped and compatible addresses.</summary>
    public static string Format(UInt128 address, Family family)
    {
        if (family == Family.IPv4) { return Dotted((uint)address); }
        Span<ushort> groups = stackalloc ushort[8];
        for (var i = 0; i < 8; i++) { groups[i] = (ushort)(address >> (112 - (16 * i))); }
        var (start, length) = LongestZeroRun(groups);
        var embedded = start == 0 && (length == 6 || (length == 7 && groups[7] != 0x0001) || (length == 5 && groups[5] == 0xFFFF));
        var text = new StringBuilder(40);
        for (var i = 0; i < (embedded ? 6 : 8); i++)
        {
            if (length > 0 && i >= start && i < start + length)
            {
                if (i == start) { text.Append(':'); }
                continue;
            }

            if (i != 0) { text.Append(':'); }
            text.Append(groups[i].ToString("x", CultureInfo.InvariantCulture));
        }

        if (embedded) { return text.Append(':').Append(Dotted((uint)address)).ToString(); }
        return (length > 0 && start + length == 8 ? text.Append(':') : text).ToString();
    }

    /// <summary>The number of an address of the given family; null for the other family.</summary>
    internal static UInt128? Number(IPAddress address, Family family)
    {
        if (address.AddressFamily != (family == Family.IPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6)) { return null; }
        UInt128 number = 0;
        foreach (var b in address.GetAddressBytes()) { number = (number << 8) | b; }
        return number;
    }

    /// <summary><c>numeric_to_ipaddr</c> (libxtables/xtables.c): parts are decimal, octal or hexadecimal; missing ones are zero at the end.</summary>
    private static bool TryParseDotted(ReadOnlySpan<char> text, bool mayBeShort, out UInt128 address)
    {
        address = 0;
        for (var i = 0; i < 4; i++)
        {
            var dot = i < 3 ? text.IndexOf('.') : -1;
            if (!Numbers.TryParse(dot < 0 ? text : text[..dot], byte.MaxValue, out var part)) { return false; }
            address |= (UInt128)part << (24 - (8 * i));
            if (dot < 0) { return i == 3 || mayBeShort; }
            text = text[(dot + 1)..];
        }

        return true;
    }

    /// <summary><c>inet_aton</c>, which the resolver tries when the other reading fails: the last part fills what is left, <c>1.2.772</c> is 1.2.3.4.</summary>
    internal static bool TryParseClassic(ReadOnlySpan<char> text, out UInt128 address)
    {
        address = 0;
        for (var i = 0; i < 4; i++)
        {
            var dot = text.IndexOf('.');
            var maximum = dot < 0 ? (1ul << (32 - (8 * i))) - 1 : byte.MaxValue;
            var digits = dot < 0 ? text : text[..dot];
            if (digits.IsEmpty || !char.IsAsciiDigit(digits[0]) || !Numbers.TryParse(digits, maximum, out var part)) { return false; }
            if (dot < 0)
            {
                address |= part;
                return true;
            }

            address |= (UInt128)part << (24 - (8 * i));
            text = text[(dot + 1)..];
        }

        return false;
    }

    /// <summary><c>inet_pton(AF_INET6)</c>.</summary>
    private static bool TryParseIpv6(ReadOnlySpan<char> text, out UInt128 address)
    {
        address = 0;
        if (text.Length is < 2 or > 45 || text.ContainsAnyExcept(Ipv6Characters) || HasLongGroup(text)) { return false; }
        if (!IPAddress.TryParse(text, out var parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6) { return false; }
        Span<byte> bytes = stackalloc byte[16];
        parsed.TryWriteBytes(bytes, out _);
        address = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return true;
    }

    private static bool HasLongGroup(ReadOnlySpan<char> text)
    {
        foreach (var group in text.SplitAny(':', '.'))
        {
            if (group.End.Value - group.Start.Value > 4) { return true; }
        }

        return false;
    }

    private static string Dotted(uint address) =>
        string.Create(CultureInfo.InvariantCulture, $"{address >> 24}.{(address >> 16) & 0xFF}.{(address >> 8) & 0xFF}.{address & 0xFF}");

    private static (int Start, int Length) LongestZeroRun(ReadOnlySpan<ushort> groups)
    {
        var best = (Start: 0, Length: 0);
        for (var i = 0; i < groups.Length; i++)
        {
            var end = i;
            while (end < groups.Length && groups[end] == 0) { end++; }
            if (end - i > best.Length && end - i > 1) { best = (i, end - i); }
            if (end > i) { i = end; }
        }

        return best;
    }
}
