using System.Collections.Immutable;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Targets;

/// <summary>The options that DNPT and SNPT share (net/ipv6/netfilter/ip6t_NPT.c, RFC 6296).</summary>
internal static class PrefixTranslation
{
    private const int LongestPrefix = 64;

    private static readonly Option<HostPrefix> Source = Option.Value("--src-pfx", Values.HostPrefix).Required();
    private static readonly Option<HostPrefix> Destination = Option.Value("--dst-pfx", Values.HostPrefix).Required();

    public static readonly ImmutableArray<Option> Options = [Source, Destination];

    public static (HostPrefix From, HostPrefix To)? Read(GivenOptions given) =>
        Read(given, Source) is { } from && Read(given, Destination) is { } to ? (from, to) : null;

    /// <summary>iptables-save leaves out a prefix of nothing, and then cannot read it again.</summary>
    public static void Print(OptionWriter writer, HostPrefix from, HostPrefix to)
    {
        if (from != default) { writer.Write(Source, Text(from)); }
        if (to != default) { writer.Write(Destination, Text(to)); }
    }

    private static string Text(HostPrefix prefix) => $"{AddressText.Format(prefix.Address, Family.IPv6)}/{prefix.Length}";

    private static HostPrefix? Read(GivenOptions given, Option<HostPrefix> option)
    {
        if (given.Get(option) is not { Value: var prefix }) { return null; }
        if (prefix.Length > LongestPrefix) { given.Fail(option, $"a prefix of {prefix.Length} bits is longer than {LongestPrefix}"); }
        else if (prefix.Network(Family.IPv6) != prefix.Address) { given.Fail(option, "the address has bits behind the prefix", $"write {Text(prefix with { Address = prefix.Network(Family.IPv6) })}"); }
        else { return prefix; }
        return null;
    }
}
