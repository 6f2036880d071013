using System.Collections.Immutable;

namespace Firewall.Rules.Options;

/// <summary>An option of a hop-by-hop or destination options header.</summary>
/// <param name="Type">Its type; 0 is Pad1, which has no length.</param>
/// <param name="Length">Length of its data; null for any.</param>
public readonly record struct HeaderOption(byte Type, byte? Length)
{
    public override string ToString() => Length is { } length ? $"{Type}:{length}" : $"{Type}";
}

/// <summary>IPv6 headers as bits, in the order and with the values of <c>ip6t_ipv6header.h</c>.</summary>
[Flags]
public enum IPv6Headers
{
    None = 0,
    Transport = 1,
    NoNext = 2,
    Esp = 4,
    Authentication = 8,
    Fragment = 16,
    Routing = 32,
    Destination = 64,
    HopByHop = 128,
}

public static partial class Values
{
    private const int MaximumHeaderOptions = 16;

    /// <summary>Names of a header: the one that iptables-save prints, the short one, the number, and what <c>/etc/protocols</c> knows.</summary>
    private static readonly ImmutableArray<(IPv6Headers Header, ImmutableArray<string> Names)> HeaderNames =
    [
        (IPv6Headers.HopByHop, ["hop-by-hop", "hop", "0", "hopopt", "HOPOPT"]),
        (IPv6Headers.Destination, ["ipv6-opts", "dst", "60", "IPv6-Opts"]),
        (IPv6Headers.Routing, ["ipv6-route", "route", "43", "IPv6-Route"]),
        (IPv6Headers.Fragment, ["ipv6-frag", "frag", "44", "IPv6-Frag"]),
        (IPv6Headers.Authentication, ["ah", "auth", "51", "IPSEC-AH"]),
        (IPv6Headers.Esp, ["esp", "50", "IPSEC-ESP"]),
        (IPv6Headers.NoNext, ["ipv6-nonxt", "none", "59", "IPv6-NoNxt"]),
        (IPv6Headers.Transport, ["protocol", "prot", "255"]),
    ];

    /// <summary>Options of an options header in their order, <c>5:2,1,0xc2:4</c>; numbers above 255 are cut to their last byte, and length 255 is any.</summary>
    public static readonly ValueGrammar<ImmutableArray<HeaderOption>> HeaderOptions = Word<ImmutableArray<HeaderOption>>("header-options", text =>
    {
        var options = ImmutableArray.CreateBuilder<HeaderOption>();
        foreach (var item in text.Split(','))
        {
            var colon = item.IndexOf(':', StringComparison.Ordinal);
            ulong length = byte.MaxValue;
            if (!Numbers.TryParse(colon < 0 ? item : item.AsSpan(0, colon), ulong.MaxValue, out var type)
                || (colon >= 0 && !Numbers.TryParse(item.AsSpan(colon + 1), ulong.MaxValue, out length)))
            {
                return Wrong($"`{item}` is not an option number, with or without :length");
            }

            if (colon >= 0 && (byte)type == 0) { return Wrong("option 0 (Pad1) has no length"); }
            options.Add(new HeaderOption((byte)type, (byte)length == byte.MaxValue ? null : (byte)length));
        }

        return options.Count <= MaximumHeaderOptions ? options.ToImmutable() : Wrong($"more than {MaximumHeaderOptions} options");
    });

    /// <summary>Names or numbers of IPv6 headers between commas.</summary>
    public static readonly ValueGrammar<IPv6Headers> HeaderList = Word<IPv6Headers>("header-list", text =>
    {
        var headers = IPv6Headers.None;
        foreach (var item in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var header = HeaderNames.FirstOrDefault(h => h.Names.Contains(item, StringComparer.Ordinal)).Header;
            if (header == IPv6Headers.None)
            {
                return Wrong($"`{item}` is not an IPv6 header", $"the headers are {string.Join(' ', HeaderNames.Select(h => h.Names[0]))}");
            }

            headers |= header;
        }

        return headers == IPv6Headers.None ? Wrong("no header is named") : headers;
    });

    /// <summary>The list as iptables-save prints it.</summary>
    public static string HeaderListText(IPv6Headers headers) =>
        string.Join(',', HeaderNames.Where(h => headers.HasFlag(h.Header)).Select(h => h.Names[0]));
}
