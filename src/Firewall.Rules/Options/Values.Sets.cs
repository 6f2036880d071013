using System.Collections.Immutable;
using Firewall.Rules.Sets;

namespace Firewall.Rules.Options;

public static partial class Values
{
    /// <summary><c>IPSET_DIM_MAX</c> (include/uapi/linux/netfilter/ipset/ip_set.h).</summary>
    private const int LastDimension = 6;

    /// <summary>A set's name, then <c>src</c> or <c>dst</c> for each dimension, separated by commas (libxt_set.h, <c>parse_dirs</c>).</summary>
    public static readonly ValueGrammar<ImmutableArray<string>> SetAndDirections = new("set-directions", 2, (words, _) =>
    {
        if (words[0].Length > SetDefinition.LongestName) { return Wrong($"the set name `{words[0]}` is longer than {SetDefinition.LongestName} bytes"); }
        var directions = words[1].Split(',');
        if (directions.FirstOrDefault(d => d is not ("src" or "dst")) is { } wrong)
        {
            return Wrong($"`{wrong}` is neither `src` nor `dst`", "write `src` or `dst` for each dimension of the set, e.g. `src,dst`");
        }

        return directions.Length <= LastDimension
            ? ImmutableArray.Create([words[0], .. directions])
            : Wrong($"more than {LastDimension} directions are given");
    });

    /// <summary>A counter of 64 bits.</summary>
    public static readonly ValueGrammar<ulong> Counter = Word<ulong>("number", text =>
        Numbers.TryParse(text, ulong.MaxValue, out var value) ? value : Wrong($"`{text}` is not a number of 64 bits"));
}
