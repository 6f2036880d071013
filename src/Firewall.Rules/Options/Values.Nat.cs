using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Names;

namespace Firewall.Rules.Options;

/// <summary>Ports that address translation chooses from.</summary>
/// <param name="First">The lowest.</param>
/// <param name="Last">The highest.</param>
/// <param name="Base">For a shifted range: the original port that becomes the first; null for none.</param>
public readonly record struct NatPorts(ushort First, ushort Last, ushort? Base = null)
{
    public override string ToString() => (First == Last ? $"{First}" : $"{First}-{Last}") + (Base is null ? "" : $"/{Base}");
}

/// <summary>What address translation puts in: addresses, ports, or both. A reversed range of addresses is a value too.</summary>
public readonly record struct NatRange(ValueRange? Addresses, NatPorts? Ports)
{
    /// <summary>As iptables-save prints it: <c>10.0.0.1-10.0.0.5:80-90</c>, <c>[2001:db8::1]:80</c>.</summary>
    public string Text(Family family)
    {
        var ports = Ports is null ? "" : $":{Ports}";
        if (Addresses is not { } range) { return ports; }
        var addresses = range.Low == range.High ? AddressText.Format(range.Low, family) : Values.AddressRangeText(range, family);
        return family == Family.IPv6 && Ports is not null ? $"[{addresses}]{ports}" : addresses + ports;
    }
}

/// <summary>An address, and how many of its bits count. The others are kept as written.</summary>
public readonly record struct HostPrefix(UInt128 Address, int Length)
{
    /// <summary>The address without the bits that do not count.</summary>
    public UInt128 Network(Family family) => Address & AddressMask.Prefix(Length, family.AddressBits());
}

public static partial class Values
{
    /// <summary>
    /// A port or service, or a range of numbers that may be shifted: <c>80</c>, <c>http</c>, <c>80-90</c>, <c>80-90/1080</c> (libxt_NAT.c,
    /// <c>parse_ports</c>). Services may be of any protocol; what follows the base is not looked at.
    /// </summary>
    public static readonly ValueGrammar<NatPorts> NatPortRange = Word<NatPorts>("nat-ports", ReadNatPorts);

    /// <summary>
    /// Addresses and ports as DNAT and SNAT read them (libxt_NAT.c, <c>parse_to</c>): one colon is a port's; an IPv6 address stands in brackets
    /// before one.
    /// </summary>
    public static readonly ValueGrammar<NatRange> NatRange = Word<NatRange>("nat-range", (text, context) =>
    {
        var bracket = text.IndexOf('[', StringComparison.Ordinal);
        var (addresses, rest) = (text, "");
        if (bracket >= 0)
        {
            var end = text.IndexOf(']', bracket);
            if (end < 0 || context.Family == Family.IPv4) { return Wrong($"`{text}` is not an address"); }
            (addresses, rest) = (text[(bracket + 1)..end], text[(end + 1)..]);
        }

        var place = bracket >= 0 ? rest.IndexOf(':', StringComparison.Ordinal) : text.Count(':') == 1 ? text.IndexOf(':', StringComparison.Ordinal) : -1;
        NatPorts? ports = null;
        if (place >= 0)
        {
            var read = ReadNatPorts((bracket >= 0 ? rest : text)[(place + 1)..]);
            if (read.IsError) { return Wrong(read.Error!, read.Help); }
            ports = read.Value;
            if (bracket < 0) { addresses = text[..place]; }
            if (addresses.Length == 0) { return new NatRange(null, ports); }
        }

        var hyphen = addresses.IndexOf('-', StringComparison.Ordinal);
        var (from, to) = hyphen < 0 ? (addresses, addresses) : (addresses[..hyphen], addresses[(hyphen + 1)..]);
        if (!TryPlainAddress(from, context.Family, out var low)) { return NotAnAddress(from, context.Family); }
        return TryPlainAddress(to, context.Family, out var high) ? new NatRange(new ValueRange(low, high), ports) : NotAnAddress(to, context.Family);
    });

    /// <summary>An address as the C library's resolver reads numbers (<c>10.1</c> is 10.0.0.1), or a host name where look-ups are allowed.</summary>
    public static readonly ValueGrammar<UInt128> Host = Word<UInt128>("host", ReadHost);

    /// <summary>A number of bits, or a mask; a mask that is no prefix counts as all bits (<c>xtopt_parse_plenmask</c> in libxtables/xtoptions.c).</summary>
    public static readonly ValueGrammar<int> PrefixLength = Word<int>("prefix-length", (text, context) =>
        TryPrefixLength(text, context.Family, out var length)
            ? length
            : Wrong($"`{text}` is not a mask", $"a mask is a number of bits from 0 to {context.Family.AddressBits()} or an address"));

    /// <summary>A host and how many bits of its address count, all when there is no <c>/</c>.</summary>
    public static readonly ValueGrammar<HostPrefix> HostPrefix = Word<HostPrefix>("host-prefix", (text, context) =>
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var length = context.Family.AddressBits();
        if (slash >= 0 && !TryPrefixLength(text[(slash + 1)..], context.Family, out length))
        {
            return Wrong($"`{text[(slash + 1)..]}` is not a mask", $"a mask is a number of bits from 0 to {context.Family.AddressBits()} or an address");
        }

        var host = ReadHost(slash < 0 ? text : text[..slash], context);
        return host.IsError ? Wrong(host.Error!, host.Help) : new HostPrefix(host.Value, length);
    });

    private static ValueResult<NatPorts> ReadNatPorts(string text)
    {
        var rest = text.AsSpan();
        if (!Numbers.TryRead(ref rest, out var first) || first > ushort.MaxValue)
        {
            return Services.Port(text) is { } service ? new NatPorts(service, service) : NotAPort(text, 0);
        }

        if (rest.IsEmpty) { return new NatPorts((ushort)first, (ushort)first); }
        if (rest[0] != '-') { return Wrong($"`{text}` is not a range of ports", "write FIRST-LAST"); }
        rest = rest[1..];
        if (!Numbers.TryRead(ref rest, out var last) || last > ushort.MaxValue) { return Wrong($"`{text}` is not a range of ports", "write two numbers, FIRST-LAST"); }
        if (last < first) { return Wrong($"the port range {text} is upside down"); }
        if (rest.IsEmpty) { return new NatPorts((ushort)first, (ushort)last); }
        if (rest[0] != '/') { return Wrong($"`{text}` is not a range of ports", "write FIRST-LAST"); }
        rest = rest[1..];
        var name = rest.ToString();
        if (Numbers.TryRead(ref rest, out var shift) && shift is > 0 and <= ushort.MaxValue) { return new NatPorts((ushort)first, (ushort)last, (ushort)shift); }
        return Services.Port(name) is { } port ? new NatPorts((ushort)first, (ushort)last, port) : NotAPort(name, 0);
    }

    /// <summary><c>inet_pton</c>: four decimal parts without leading zeros.</summary>
    private static bool TryPlainAddress(string text, Family family, out UInt128 address)
    {
        if (family == Family.IPv6) { return AddressText.TryParse(text, family, out address); }
        address = 0;
        var parts = text.Split('.');
        foreach (var part in parts)
        {
            if (part.Length is 0 or > 3 || !part.All(char.IsAsciiDigit) || (part.Length > 1 && part[0] == '0') || !byte.TryParse(part, out var value)) { return false; }
            address = address << 8 | value;
        }

        return parts.Length == 4;
    }

    private static ValueResult<UInt128> ReadHost(string text, ValueContext context)
    {
        if (context.Family == Family.IPv4 ? AddressText.TryParseClassic(text, out var address) : AddressText.TryParse(text, Family.IPv6, out address)) { return address; }
        if (TryPlainAddress(text, context.Family == Family.IPv4 ? Family.IPv6 : Family.IPv4, out _)) { return NotAnAddress(text, context.Family); }
        if (text.Length == 0 || text.AsSpan().ContainsAnyExcept(AddressText.HostCharacters)) { return Wrong($"`{text}` is not an address"); }
        if (context.Resolver is null) { return Wrong($"{Addresses.HostNameError}`{text}`", "write its address, or allow look-ups with `--resolve`"); }
        var found = context.Resolver(text).Select(a => AddressText.Number(a, context.Family)).OfType<UInt128>().ToList();
        return found.Count > 0 ? found[0] : Wrong($"the host name `{text}` has no {context.Family} address");
    }

    private static bool TryPrefixLength(string text, Family family, out int length)
    {
        var bits = family.AddressBits();
        var isNumber = Numbers.TryParse(text, (ulong)bits, out var number);
        length = (int)number;
        if (isNumber) { return true; }
        if (!(family == Family.IPv4 ? AddressText.TryParseClassic(text, out var mask) : AddressText.TryParseMask(text, family, out mask))) { return false; }
        length = new AddressMask(0, mask).PrefixLength(family) ?? bits;
        return true;
    }
}
