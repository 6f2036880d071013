using System.Collections.Immutable;
using System.Globalization;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Options;

namespace Firewall.Rules.Sets;

/// <summary>What is wrong with an element's text.</summary>
/// <param name="Start">Where in the text.</param>
/// <param name="Length">How much of it.</param>
/// <param name="Message">One sentence without a full stop.</param>
public sealed record ElementError(int Start, int Length, string Message, string? Help = null);

/// <summary>Reads elements as <c>ipset add</c> takes them; ranges become the elements that the kernel makes of them.</summary>
public static class SetElementReader
{
    /// <summary>Most elements that one text may stand for in a set without a limit of its own.</summary>
    private const ulong MostElements = 1 << 22;

    /// <summary>Reads the text of one element.</summary>
    /// <param name="set">Its set; elements in it do not matter.</param>
    /// <param name="text">E.g. <c>10.0.0.0/30,tcp:80-81</c>.</param>
    /// <param name="error">What is wrong, or null.</param>
    /// <returns>The elements; empty after an error.</returns>
    public static ImmutableArray<EquatableArray<SetValue>> Read(SetDefinition set, string text, out ElementError? error)
    {
        error = null;
        var words = text.Split(',');
        var parts = set.Type.Parts;
        var mayLackMac = SetLayout.KeepsMac(set) && words.Length == 1;
        if (words.Length != parts.Length && !mayLackMac)
        {
            error = new(0, text.Length, $"`{text}` has {words.Length} parts, but an element of a {set.Type} has {parts.Length}", $"write it as {Shape(set)}");
            return [];
        }

        var choices = new List<IReadOnlyList<SetValue>>();
        var (start, count) = (0, 1ul);
        for (var i = 0; i < parts.Length; i++)
        {
            var word = i < words.Length ? words[i] : "";
            try
            {
                choices.Add(i < words.Length ? Part(set, i, word) : [new MacValue(null)]);
            }
            catch (FormatException wrong)
            {
                error = new(start, word.Length, wrong.Message);
                return [];
            }

            count *= (ulong)choices[^1].Count;
            if (count > Limit(set))
            {
                error = new(0, text.Length, $"`{text}` stands for more elements than the set `{set.Name}` may have, {Limit(set)}", "give the set a larger `maxelem`, or use a type with networks");
                return [];
            }

            start += word.Length + 1;
        }

        IEnumerable<ImmutableArray<SetValue>> elements = [[]];
        foreach (var choice in choices) { elements = elements.SelectMany(_ => choice, (done, next) => done.Add(next)); }
        return [.. elements.Select(e => new EquatableArray<SetValue>(e))];
    }

    /// <summary>The form of an element, for messages, e.g. <c>IP,[PROTOCOL:]PORT</c>.</summary>
    public static string Shape(SetDefinition set) => string.Join(',', set.Type.Parts.Select(p => p switch
    {
        SetPart.Address => "IP",
        SetPart.Net => "IP/PREFIX",
        SetPart.Port => set.Type.HasBarePorts ? "PORT" : "[PROTOCOL:]PORT",
        SetPart.Mac => "MAC",
        SetPart.Interface => "INTERFACE",
        SetPart.Mark => "MARK",
        _ => "SET",
    }));

    /// <summary>Reads <c>a</c>, <c>a-b</c> or <c>a/prefix</c> as the range of a bitmap:ip.</summary>
    internal static ValueRange AddressRange(string text)
    {
        var (low, high, _) = Addresses(text, Family.IPv4);
        return new(low, high);
    }

    private static ulong Limit(SetDefinition set) => set.Type.Method == SetMethod.Hash && set.MostElements > 0 ? set.MostElements : MostElements;

    private static List<SetValue> Part(SetDefinition set, int index, string word) => set.Type.Parts[index] switch
    {
        SetPart.Net => Nets(set, word),
        SetPart.Address => Hosts(set, word, mayBeRange: set.Family == Family.IPv4 && index == 0 && !set.Type.Parts.Contains(SetPart.Mac)),
        SetPart.Port => Ports(set, word),
        SetPart.Mac => [new MacValue(Mac(word))],
        SetPart.Interface => [Interface(word)],
        SetPart.Mark => [new MarkValue((uint)Number(word, uint.MaxValue, "mark") & set.MarkMask)],
        _ => [new MemberValue(word)],
    };

    /// <summary>Every address of a range that the set's mask leaves different.</summary>
    private static List<SetValue> Hosts(SetDefinition set, string word, bool mayBeRange)
    {
        var (low, high, prefix) = Addresses(word, set.Family!.Value);
        if (low != high && !mayBeRange) { throw new FormatException($"`{word}` is not a single address"); }
        if (prefix == 0) { throw new FormatException($"a prefix of 0 is not possible in a {set.Type}"); }
        var mask = set.AddressMask ?? ValueSet.Maximum(set.AddressBits);
        var step = set is { AddressMask: { } bits, IsBitmask: false } ? ~bits + 1 & ValueSet.Maximum(set.AddressBits) : 1;
        (low, high) = (low & mask, low == high ? low & mask : high);
        if ((high - low) / step >= Limit(set)) { throw new FormatException($"`{word}` stands for more addresses than the set may have, {Limit(set)}"); }
        var values = new List<SetValue>();
        for (var address = low; ; address += step)
        {
            if (set.Type.Method == SetMethod.Bitmap && (address < set.Range.Low || address > set.Range.High))
            {
                throw new FormatException($"`{word}` is out of the range of the set `{set.Name}`");
            }

            var value = new NetValue(address & mask, set.AddressBits);
            if (value.Address == 0 && set.Type is { Method: SetMethod.Hash, Dimension: 1 }) { throw new FormatException("the address 0 cannot be stored"); }
            if (values.Count == 0 || !values[^1].Equals(value)) { values.Add(value); }
            if (high - address < step) { break; }
        }

        return values;
    }

    /// <summary>A network, or the fewest networks that make up a range (<c>ip_set_range_to_cidr</c>).</summary>
    private static List<SetValue> Nets(SetDefinition set, string word)
    {
        var family = set.Family!.Value;
        var (low, high, prefix) = Addresses(word, family);
        if (prefix is null && family == Family.IPv6 && low != high) { throw new FormatException($"`{word}` is a range, which IPv6 sets do not take"); }
        var mayBeAll = set.Type.Name is "hash:net,iface" or "hash:net,port,net";
        if (prefix is { } given)
        {
            return given > 0 || mayBeAll ? [new NetValue(low, given)] : throw new FormatException($"a prefix of 0 is not possible in a {set.Type}");
        }

        if (low == 0 && high == ValueSet.Maximum(set.AddressBits)) { throw new FormatException($"`{word}` is every address"); }
        var values = new List<SetValue>();
        for (var next = low; next <= high;)
        {
            var size = UInt128.One;
            while (next % (size * 2) == 0 && next + (size * 2) - 1 <= high) { size *= 2; }
            values.Add(new NetValue(next, set.AddressBits - (int)UInt128.Log2(size)));
            next += size;
        }

        return values;
    }

    private static (UInt128 Low, UInt128 High, int? Prefix) Addresses(string word, Family family)
    {
        var bits = family.AddressBits();
        if (word.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash)
        {
            var prefix = (int)Number(word[(slash + 1)..], (ulong)bits, "prefix length");
            var rest = ValueSet.Maximum(bits) >> prefix;
            if (prefix == bits) { rest = 0; }
            var address = Address(word[..slash], family);
            return (address & ~rest, address | rest, prefix);
        }

        if (word.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash)
        {
            var (one, other) = (Address(word[..dash], family), Address(word[(dash + 1)..], family));
            return one <= other ? (one, other, null) : (other, one, null);
        }

        var single = Address(word, family);
        return (single, single, null);
    }

    private static UInt128 Address(string text, Family family) =>
        (family == Family.IPv6 || text.Count(c => c == '.') == 3) && AddressText.TryParse(text, family, out var address)
            ? address
            : throw new FormatException($"`{text}` is not an IPv{(int)family} address");

    private static List<SetValue> Ports(SetDefinition set, string word)
    {
        if (set.Type.HasBarePorts)
        {
            var ports = PortRange(word, Protocols.Tcp);
            if (ports.Low < set.Range.Low || ports.High > set.Range.High) { throw new FormatException($"`{word}` is out of the range of the set `{set.Name}`"); }
            return Expand(0, ports);
        }

        var (protocol, rest) = (Protocols.Tcp, word);
        if (word.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
        {
            rest = word[(colon + 1)..];
            var name = word[..colon];
            if (name == "all" || !Protocols.TryParse(name, out protocol)) { throw new FormatException($"`{name}` is not a protocol"); }
        }

        switch (protocol)
        {
            case Protocols.Tcp or Protocols.Udp or Protocols.UdpLite or Protocols.Sctp:
                return Expand(protocol, PortRange(rest, protocol));
            case Protocols.Icmp or Protocols.IcmpV6 when (protocol == Protocols.Icmp) == (set.Family == Family.IPv4):
                return [new PortValue(protocol, Icmp(rest, set.Family!.Value))];
            case Protocols.Icmp or Protocols.IcmpV6:
                throw new FormatException($"ICMP of the other family cannot stand in an IPv{(int)set.Family!.Value} set");
            case 0:
                throw new FormatException("protocol 0 cannot be stored");
            default:
                return rest == "0" ? [new PortValue(protocol, 0)] : throw new FormatException($"`{Protocols.Text(protocol)}` has no ports; only 0 can stand there");
        }
    }

    private static List<SetValue> Expand(byte protocol, (ushort Low, ushort High) ports) =>
        [.. Enumerable.Range(ports.Low, ports.High - ports.Low + 1).Select(p => new PortValue(protocol, (ushort)p))];

    /// <summary>A name with a dash in it is a name first (<c>ipset_parse_tcp_udp_port</c>).</summary>
    private static (ushort Low, ushort High) PortRange(string text, byte protocol)
    {
        if (TryPort(text, protocol) is { } single) { return (single, single); }
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash <= 0 || TryPort(text[..dash], protocol) is not { } one || TryPort(text[(dash + 1)..], protocol) is not { } other)
        {
            throw new FormatException($"`{text}` is not a port");
        }

        return one <= other ? (one, other) : (other, one);
    }

    private static ushort? TryPort(string text, byte protocol) =>
        Numbers.TryParse(text, ushort.MaxValue, out var number) ? (ushort)number : Services.Port(text, protocol);

    private static ushort Icmp(string text, Family family)
    {
        if (SetIcmpNames.Number(text, family) is { } named) { return named; }
        return text.Split('/') is [var type, var code] && Numbers.TryParse(type, 255, out var t) && Numbers.TryParse(code, 255, out var c)
            ? (ushort)(t << 8 | c)
            : throw new FormatException($"`{text}` is not an ICMP type and code");
    }

    private static ulong Mac(string text)
    {
        var bytes = text.Split(':');
        ulong address = 0;
        foreach (var part in bytes)
        {
            if (part.Length is 0 or > 2 || !byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
            {
                throw new FormatException($"`{text}` is not a MAC address");
            }

            address = address << 8 | number;
        }

        return bytes.Length == 6 && address != 0 ? address : throw new FormatException($"`{text}` is not a MAC address that can be stored");
    }

    private static InterfaceValue Interface(string text)
    {
        var isPort = text.StartsWith("physdev:", StringComparison.Ordinal);
        var name = isPort ? text["physdev:".Length..] : text;
        return name.Length is > 0 and <= InterfaceNames.MaximumLength
            ? new(name, isPort, IsWildcard: false)
            : throw new FormatException($"`{name}` is not an interface name of 1 to {InterfaceNames.MaximumLength} bytes");
    }

    private static ulong Number(string text, ulong maximum, string what) =>
        Numbers.TryParse(text, maximum, out var number) ? number : throw new FormatException($"`{text}` is not a {what} from 0 to {maximum}");
}
