using System.Collections.Immutable;
using System.Globalization;
using Firewall.Rules.Meaning;
using Firewall.Rules.Names;

namespace Firewall.Rules.Options;

public static partial class Values
{
    /// <summary>
    /// A port, service name or range with open ends: <c>80</c>, <c>http</c>, <c>1024:</c>, <c>:1023</c>, <c>ssh:telnet</c>
    /// (libxt_tcp.c, <c>parse_tcp_ports</c>).
    /// </summary>
    public static ValueGrammar<ValueRange> Ports(byte protocol) => Word<ValueRange>("port-range", text =>
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) { return TryPort(text, protocol, out var port) ? new ValueRange(port, port) : NotAPort(text, protocol); }
        ushort low = 0, high = ushort.MaxValue;
        var (from, to) = (text[..colon], text[(colon + 1)..]);
        if (from.Length > 0 && !TryPort(from, protocol, out low)) { return NotAPort(from, protocol); }
        if (to.Length > 0 && !TryPort(to, protocol, out high)) { return NotAPort(to, protocol); }
        return low <= high ? new ValueRange(low, high) : Wrong($"the port range {text} is upside down", $"write {high}:{low}");
    });

    /// <summary>
    /// As <see cref="Ports"/>, for the modules that leave reading to libxtables (<c>XTTYPE_PORTRC</c>), which asks <c>getaddrinfo</c>: numbers are
    /// decimal and lose all but their lowest 16 bits, names may be of any protocol, and a reversed range is a value that contains nothing.
    /// </summary>
    public static readonly ValueGrammar<ValueRange> ResolvedPorts = Word<ValueRange>("resolved-port-range", text =>
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        ushort low = 0, high = ushort.MaxValue;
        var (from, to) = colon < 0 ? (text, text) : (text[..colon], text[(colon + 1)..]);
        if (from.Length > 0 && !TryResolvePort(from, out low)) { return NotAnyPort(from); }
        if (to.Length > 0 && !TryResolvePort(to, out high)) { return NotAnyPort(to); }
        return new ValueRange(low, text.Length == 0 ? 0u : high);
    });

    /// <summary>
    /// Ports and ranges between commas, at most 15 numbers in all (libxt_multiport.c, <c>parse_multi_ports_v1</c>). The protocol is the one
    /// that <c>-p</c> named.
    /// </summary>
    public static readonly ValueGrammar<ImmutableArray<ValueRange>> PortList = Word<ImmutableArray<ValueRange>>("port-list", (text, context) =>
    {
        const int Slots = 15;
        var protocol = context.Protocol ?? 0;
        var ports = ImmutableArray.CreateBuilder<ValueRange>();
        var used = 0;
        foreach (var item in text.Split(','))
        {
            var colon = item.IndexOf(':', StringComparison.Ordinal);
            used += colon < 0 ? 1 : 2;
            if (used > Slots) { return Wrong($"more than {Slots} ports (a range counts as two)", "split the list into two rules"); }
            var (from, to) = colon < 0 ? (item, item) : (item[..colon], item[(colon + 1)..]);
            if (!TryPort(from, protocol, out var low)) { return NotAPort(from, protocol); }
            if (!TryPort(to, protocol, out var high)) { return NotAPort(to, protocol); }
            if (colon >= 0 && low >= high) { return Wrong($"the port range {item} does not go upwards"); }
            ports.Add(new ValueRange(low, high));
        }

        return ports.ToImmutable();
    });

    private static bool TryPort(string text, byte protocol, out ushort port)
    {
        if (Numbers.TryParse(text, ushort.MaxValue, out var number))
        {
            port = (ushort)number;
            return true;
        }

        var service = Services.Port(text, protocol);
        port = service ?? 0;
        return service is not null;
    }

    private static bool TryResolvePort(string text, out ushort port)
    {
        if (int.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowLeadingSign, null, out var number) && number >= 0)
        {
            port = (ushort)number;
            return true;
        }

        var service = Services.Port(text);
        port = service ?? 0;
        return service is not null;
    }

    private static WrongValue NotAnyPort(string text) =>
        text.Contains(',', StringComparison.Ordinal) ? NotAPort(text, 0) : Wrong($"`{text}` is neither a port nor a service");

    private static WrongValue NotAPort(string text, byte protocol) =>
        text.Contains(',', StringComparison.Ordinal)
            ? Wrong($"`{text}` is a list, not one port", "lists need `-m multiport` with --sports, --dports or --ports")
            : ulong.TryParse(text, out var number)
                ? Wrong($"port {number} is above {ushort.MaxValue}")
                : Wrong($"`{text}` is neither a port nor a service of {ProtocolName(protocol)}");

    private static string ProtocolName(byte protocol) => protocol switch
    {
        6 => "tcp",
        17 => "udp",
        33 => "dccp",
        132 => "sctp",
        136 => "udplite",
        _ => $"protocol {protocol}",
    };
}
