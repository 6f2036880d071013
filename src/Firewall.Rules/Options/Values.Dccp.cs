using System.Collections.Immutable;

namespace Firewall.Rules.Options;

public static partial class Values
{
    private static readonly ImmutableArray<string> DccpTypeNames =
        ["REQUEST", "RESPONSE", "DATA", "ACK", "DATAACK", "CLOSEREQ", "CLOSE", "RESET", "SYNC", "SYNCACK", "INVALID"];

    /// <summary>DCCP packet types between commas, as a set of bits.</summary>
    public static readonly ValueGrammar<ushort> DccpTypes = Word<ushort>("dccp-types", text =>
    {
        ushort types = 0;
        foreach (var name in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var type = DccpTypeNames.IndexOf(name, 0, StringComparer.OrdinalIgnoreCase);
            if (type < 0) { return Wrong($"`{name}` is not a DCCP packet type", $"the types are {string.Join(' ', DccpTypeNames)}"); }
            types |= (ushort)(1 << type);
        }

        return types;
    });

    /// <summary>The types as iptables-save prints them.</summary>
    public static string DccpTypeText(ushort types) => string.Join(',', DccpTypeNames.Where((_, type) => (types & 1 << type) != 0));
}
