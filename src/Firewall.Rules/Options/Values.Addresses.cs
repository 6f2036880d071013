using System.Collections.Immutable;
using System.Globalization;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Options;

public static partial class Values
{
    /// <summary>Two addresses with a hyphen between, or one. A reversed range is a value too: it contains nothing.</summary>
    public static readonly ValueGrammar<ValueRange> AddressRange = Word<ValueRange>("address-range", (text, context) =>
    {
        var hyphen = text.IndexOf('-', StringComparison.Ordinal);
        var (from, to) = hyphen < 0 ? (text, text) : (text[..hyphen], text[(hyphen + 1)..]);
        if (!TryNumericAddress(from, context.Family, out var low)) { return NotAnAddress(from, context.Family); }
        if (!TryNumericAddress(to, context.Family, out var high)) { return NotAnAddress(to, context.Family); }
        return new ValueRange(low, high);
    });

    /// <summary>IPv6 addresses between commas, at most 16.</summary>
    public static readonly ValueGrammar<ImmutableArray<UInt128>> AddressList = Word<ImmutableArray<UInt128>>("ipv6-address-list", text =>
    {
        var addresses = ImmutableArray.CreateBuilder<UInt128>();
        foreach (var item in text.Split(','))
        {
            if (!TryNumericAddress(item, Family.IPv6, out var address)) { return NotAnAddress(item, Family.IPv6); }
            addresses.Add(address);
        }

        return addresses.Count <= 16 ? addresses.ToImmutable() : Wrong("more than 16 addresses");
    });

    /// <summary>
    /// One address as <c>inet_aton</c> reads it (<c>10.1</c> is 10.0.0.1), with or without a mask (libxtables, <c>XTTYPE_HOSTMASK</c>). Bits
    /// outside the mask stay.
    /// </summary>
    public static readonly ValueGrammar<AddressMask> HostMask = Word<AddressMask>("host-mask", (text, context) =>
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var (host, bits) = (slash < 0 ? text : text[..slash], context.Family.AddressBits());
        var mask = ValueSet.Maximum(bits);
        if (slash >= 0 && !AddressText.TryParseMask(text.AsSpan(slash + 1), context.Family, out mask))
        {
            if (!Numbers.TryParse(text.AsSpan(slash + 1), (ulong)bits, out var length)) { return Wrong($"`{text[(slash + 1)..]}` is not a mask"); }
            mask = AddressMask.Prefix((int)length, bits);
        }

        var isAddress = context.Family == Family.IPv6 ? AddressText.TryParse(host, Family.IPv6, out var address) : TryClassicAddress(host, out address);
        return isAddress ? new AddressMask(address, mask) : NotAnAddress(host, context.Family);
    });

    /// <summary>An Ethernet address, six hexadecimal numbers of at most two digits between colons; a missing number is 0.</summary>
    public static readonly ValueGrammar<ulong> MacAddress = Word<ulong>("mac-address", text =>
    {
        var parts = text.Split(':');
        ulong address = 0;
        foreach (var part in parts)
        {
            byte value = 0;
            var isByte = part.Length <= 2 && (part.Length == 0 || byte.TryParse(part, NumberStyles.AllowHexSpecifier, null, out value));
            if (!isByte) { return Wrong($"`{part}` is not a byte in hexadecimal digits"); }
            address = address << 8 | value;
        }

        return parts.Length == 6 ? address : Wrong($"`{text}` is not a MAC address", "a MAC address looks like 02:00:5e:00:00:01");
    });

    /// <summary>A MAC address as iptables-save prints it.</summary>
    public static string MacText(ulong address) =>
        string.Join(':', Enumerable.Range(0, 6).Select(place => ((byte)(address >> (40 - 8 * place))).ToString("x2")));

    /// <summary>Both ends, also where they agree, as iptables-save prints them.</summary>
    public static string AddressRangeText(ValueRange range, Family family) =>
        $"{AddressText.Format(range.Low, family)}-{AddressText.Format(range.High, family)}";

    /// <summary><c>inet_aton</c>: the last number fills all the bytes that are left.</summary>
    private static bool TryClassicAddress(string text, out UInt128 address)
    {
        address = 0;
        var parts = text.Split('.');
        for (var place = 0; place < parts.Length; place++)
        {
            var isLast = place == parts.Length - 1;
            var maximum = isLast ? uint.MaxValue >> (8 * Math.Min(place, 3)) : byte.MaxValue;
            if (parts[place] is not [>= '0' and <= '9', ..] || !Numbers.TryParse(parts[place], maximum, out var part)) { return false; }
            address |= (UInt128)part << (isLast ? 0 : 24 - (8 * place));
        }

        return parts.Length <= 4;
    }

    /// <summary><c>xtables_numeric_to_ipaddr</c>: IPv4 parts may be octal or hexadecimal and missing ones at the end are 0, but none exceeds 255.</summary>
    private static bool TryNumericAddress(string text, Family family, out UInt128 address)
    {
        if (family == Family.IPv6) { return AddressText.TryParse(text, family, out address); }
        address = 0;
        var parts = text.Split('.');
        for (var place = 0; place < 4; place++)
        {
            ulong part = 0;
            if (place < parts.Length && !Numbers.TryParse(parts[place], byte.MaxValue, out part)) { return false; }
            address = address << 8 | part;
        }

        return parts.Length <= 4;
    }

    private static WrongValue NotAnAddress(string text, Family family) => family switch
    {
        Family.IPv4 when TryNumericAddress(text, Family.IPv6, out _) => Wrong($"`{text}` is an IPv6 address in an IPv4 rule"),
        Family.IPv6 when TryNumericAddress(text, Family.IPv4, out _) => Wrong($"`{text}` is an IPv4 address in an IPv6 rule"),
        _ => Wrong($"`{text}` is not an {family} address"),
    };
}
