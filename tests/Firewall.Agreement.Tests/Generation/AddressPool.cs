using System.Collections.Immutable;
using Firewall.Rules.Meaning;

namespace Firewall.Agreement.Tests.Generation;

/// <summary>
/// The few addresses that rules and packets are made of, so that they meet. They fit the oracle's host: sources that no stack refuses, its own
/// addresses, and others behind its interfaces.
/// </summary>
/// <param name="Patterns">What <c>-s</c> and <c>-d</c> take.</param>
/// <param name="Ranges">What iprange takes.</param>
/// <param name="Local">Destinations that go to INPUT.</param>
/// <param name="Elsewhere">Destinations that go to FORWARD, with the interface they leave by.</param>
/// <param name="Odd">Further sources and destinations, which a stack may refuse.</param>
internal sealed record AddressPool(
    ImmutableArray<string> Patterns,
    ImmutableArray<string> Ranges,
    ImmutableArray<string> Sources,
    ImmutableArray<string> Local,
    ImmutableArray<(string Address, string Out)> Elsewhere,
    ImmutableArray<string> Odd)
{
    private static readonly AddressPool IPv4 = new(
        ["10.0.0.2", "10.0.0.3/32", "10.0.0.0/30", "10.0.0.0/24", "10.0.0.2/255.0.0.255", "0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "192.0.2.1", "192.0.2.0/24",
            "203.0.113.9", "203.0.113.8/29", "10.200.3.4/8", "224.0.0.0/4", "255.255.255.255", "198.51.100.0/25", "0.0.0.2/0.0.0.254"],
        ["10.0.0.2-10.0.0.3", "10.0.0.3", "192.0.2.0-192.0.2.1", "203.0.113.9-203.0.113.10", "10.0.0.9-10.0.0.1", "0.0.0.0-255.255.255.255", "10.0.0.4-203.0.113.9"],
        ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.9.9.2", "198.51.100.7", "198.51.100.128", "127.255.255.255", "240.0.0.1"],
        ["192.0.2.1", "10.0.0.1", "203.0.113.1", "255.255.255.255", "224.0.0.1", "192.0.2.255"],
        [("203.0.113.9", "eth1"), ("203.0.113.10", "eth1"), ("203.0.113.16", "eth1"), ("198.51.100.9", "eth0"), ("10.0.0.77", "eth0")],
        ["0.0.0.0", "127.0.0.1", "10.0.0.0", "255.255.255.255", "224.0.0.5"]);

    private static readonly AddressPool IPv6 = new(
        ["2001:db8::2", "2001:db8::3/128", "2001:db8::/126", "2001:db8::/64", "2001:db8::/32", "::2/::ffff", "::/0", "::/1", "8000::/1", "2001:db8:1::1", "2001:db8:1::/48",
            "2001:db8:2::9", "2001:db8:2::8/125", "fe80::/10", "ff02::/16", "2001:db8::2/ffff:ffff::ffff"],
        ["2001:db8::2-2001:db8::3", "2001:db8::3", "2001:db8:1::-2001:db8:1::1", "2001:db8:2::9-2001:db8:2::a", "2001:db8::9-2001:db8::1", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db8::4-2001:db8:2::9"],
        ["2001:db8::2", "2001:db8::3", "2001:db8::4", "2001:db8::ff:fe00:2", "2001:db8:9::2", "fd00::7", "2001:db9::2", "4000::1"],
        ["2001:db8:1::1", "2001:db8::1", "2001:db8:2::1", "ff02::1"],
        [("2001:db8:2::9", "eth1"), ("2001:db8:2::a", "eth1"), ("2001:db8:2::10", "eth1"), ("fd00::9", "eth0"), ("2001:db8::77", "eth0")],
        ["::", "::1", "fe80::2", "fe80::ff:fe00:2", "ff02::5", "8000::1"]);

    public static AddressPool Of(Family family) => family == Family.IPv4 ? IPv4 : IPv6;
}
