using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Names;

namespace Firewall.Rules.Sets;

/// <summary>Names of ICMP messages as ipset writes them: those that stand for one type and one code.</summary>
internal static class SetIcmpNames
{
    /// <summary>The number, type × 256 + code, of a name; null for a name that is none.</summary>
    public static ushort? Number(string name, Family family) =>
        TypesOf(family).Where(t => t.Name == name && Number(t.Test, family) is not null).Select(t => Number(t.Test, family)).FirstOrDefault();

    /// <summary>The name, or <c>type/code</c> where there is none.</summary>
    public static string Text(ushort number, Family family) =>
        TypesOf(family).FirstOrDefault(t => Number(t.Test, family) == number).Name ?? $"{number >> 8}/{number & 0xFF}";

    private static ImmutableArray<(string Name, IcmpTypeTest Test)> TypesOf(Family family) => family == Family.IPv4 ? IcmpTypes.IPv4 : IcmpTypes.IPv6;

    private static ushort? Number(IcmpTypeTest test, Family family) =>
        test.Code is { } code ? (ushort)(test.Type << 8 | code)
        : test.Type == byte.MaxValue || TypesOf(family).Any(t => t.Test.Type == test.Type && t.Test.Code is not null) ? null
        : (ushort)(test.Type << 8);
}
