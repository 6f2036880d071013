using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Options;

/// <summary>Addresses as text, the way libxtables reads them (<c>numeric_to_ipaddr</c>, <c>inet_pton</c>) and glibc prints them.</summary>
internal static class Addresses
{
    /// <summary>Reads an address that is not a name. IPv4 parts may be octal or hexadecimal, and missing ones at the end are 0.</summary>
    public static bool TryParse(string text, Family family, out UInt128 address) =>
        family == Family.IPv4 ? TryParse4(text, out address) : TryParse6(text, out address);

    /// <summary>One address, in the shortest form.</summary>
    public static string Text(UInt128 address, Family family)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, address);
        return family == Family.IPv4 ? $"{bytes[12]}.{bytes[13]}.{bytes[14]}.{bytes[15]}" : Text6(bytes);
    }

    /// <summary>Both ends of a range, also where they agree.</summary>
    public static string Text(ValueRange range, Family family) => $"{Text(range.Low, family)}-{Text(range.High, family)}";

    private static bool TryParse4(string text, out UInt128 address)
    {
        address = 0;
        var parts = text.Split('.');
        if (parts.Length > 4) { return false; }
        for (var place = 0; place < 4; place++)
        {
            ulong part = 0;
            if (place < parts.Length && !Numbers.TryParse(parts[place], byte.MaxValue, out part)) { return false; }
            address = address << 8 | part;
        }

        return true;
    }

    private static bool TryParse6(string text, out UInt128 address)
    {
        address = 0;
        if (text.AsSpan().ContainsAny("%[]") || !IPAddress.TryParse(text, out var parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return false;
        }

        address = BinaryPrimitives.ReadUInt128BigEndian(parsed.GetAddressBytes());
        return true;
    }

    /// <summary>As <c>inet_ntop</c>: the longest run of at least two zero groups is left out; mapped and compatible addresses end in IPv4 form.</summary>
    private static string Text6(ReadOnlySpan<byte> bytes)
    {
        var groups = new int[8];
        for (var i = 0; i < 8; i++) { groups[i] = BinaryPrimitives.ReadUInt16BigEndian(bytes[(2 * i)..]); }
        var (start, length) = LongestZeroRun(groups);
        var endsInIPv4 = start == 0 && (length == 6 || (length == 5 && groups[5] == 0xffff));
        if (endsInIPv4) { return $"::{(length == 5 ? "ffff:" : "")}{bytes[12]}.{bytes[13]}.{bytes[14]}.{bytes[15]}"; }
        var hex = Array.ConvertAll(groups, g => g.ToString("x"));
        return length < 2 ? string.Join(':', hex) : $"{string.Join(':', hex[..start])}::{string.Join(':', hex[(start + length)..])}";
    }

    private static (int Start, int Length) LongestZeroRun(int[] groups)
    {
        var (best, bestLength) = (0, 0);
        for (var start = 0; start < 8; start++)
        {
            var length = groups.Skip(start).TakeWhile(g => g == 0).Count();
            if (length > bestLength) { (best, bestLength) = (start, length); }
        }

        return (best, bestLength);
    }
}
