using System.Collections.Immutable;
using Firewall.Rules.Names;

namespace Firewall.Rules.Options;

public static partial class Values
{
    /// <summary>A type, <c>type/code</c>, or the unambiguous beginning of a name.</summary>
    public static readonly ValueGrammar<IcmpTypeTest> IcmpType = Word<IcmpTypeTest>("icmp-type", text => IcmpTypeOf(text, IcmpTypes.IPv4));

    /// <summary>As <see cref="IcmpType"/>, for ICMPv6.</summary>
    public static readonly ValueGrammar<IcmpTypeTest> Icmp6Type = Word<IcmpTypeTest>("icmpv6-type", text => IcmpTypeOf(text, IcmpTypes.IPv6));

    private static ValueResult<IcmpTypeTest> IcmpTypeOf(string text, ImmutableArray<(string Name, IcmpTypeTest Test)> names)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (Numbers.TryParse(slash < 0 ? text : text.AsSpan(0, slash), byte.MaxValue, out var type))
        {
            if (slash < 0) { return new IcmpTypeTest((byte)type, null); }
            return Numbers.TryParse(text.AsSpan(slash + 1), byte.MaxValue, out var code)
                ? new IcmpTypeTest((byte)type, (byte)code)
                : Wrong($"`{text[(slash + 1)..]}` is not a code from 0 to 255");
        }

        var candidates = names.Where(t => t.Name.StartsWith(text, StringComparison.OrdinalIgnoreCase)).ToList();
        return candidates switch
        {
            [var only] => only.Test,
            [] => Wrong($"`{text}` is neither a number from 0 to 255 nor the name of an ICMP type"),
            _ => Wrong($"`{text}` may mean {string.Join(" or ", candidates.Take(3).Select(t => t.Name))}", "write the name out"),
        };
    }
}
