namespace Firewall.Cli.Input.Captures;

/// <summary>What a capture's packets begin with (https://www.tcpdump.org/linktypes.html).</summary>
internal static class LinkType
{
    private const int Ethernet = 1;
    private const int RawIP = 101;
    private const int RawIPOnBsd = 12;
    private const int RawIPv4 = 228;
    private const int RawIPv6 = 229;

    /// <summary>Between two made-up unicast addresses; the type comes behind.</summary>
    private static ReadOnlySpan<byte> Addresses => [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

    /// <summary>What stands against reading a capture of the link type; null for nothing.</summary>
    public static string? Objection(int linkType) => linkType is Ethernet or RawIP or RawIPOnBsd or RawIPv4 or RawIPv6
        ? null
        : $"its packets are of link type {linkType}; fwc reads Ethernet (1) and raw IP (101, 228, 229)";

    /// <summary>The packet as an Ethernet frame.</summary>
    public static byte[] ToFrame(int linkType, byte[] packet)
    {
        if (linkType == Ethernet) { return packet; }
        var isIPv6 = linkType == RawIPv6 || (linkType != RawIPv4 && packet is [>= 0x60 and <= 0x6f, ..]);
        return [.. Addresses, .. isIPv6 ? [0x86, 0xdd] : (ReadOnlySpan<byte>)[0x08, 0x00], .. packet];
    }
}
