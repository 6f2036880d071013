using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Matches;

/// <summary>How a packet's time to live or hop limit relates to a rule's number.</summary>
public enum HopComparison
{
    Equal,
    NotEqual,
    Less,
    Greater,
}

/// <summary>The options of ttl and hl, which are one module in the kernel (net/netfilter/xt_hl.c).</summary>
/// <param name="prefix"><c>--ttl</c> or <c>--hl</c>.</param>
internal sealed class HopOptions(string prefix)
{
    private readonly Option<uint> _equal = Option.Value($"{prefix}-eq", Values.Number(byte.MaxValue)).Alias(prefix).Negatable();
    private readonly Option<uint> _less = Option.Value($"{prefix}-lt", Values.Number(byte.MaxValue));
    private readonly Option<uint> _greater = Option.Value($"{prefix}-gt", Values.Number(byte.MaxValue));

    public ImmutableArray<Option> All => [_equal, _less, _greater];

    public static Guard Meaning(HopComparison comparison, byte value) => Guard.Always.And(Field.TimeToLive.In(comparison switch
    {
        HopComparison.Equal => ValueSet.Of(value),
        HopComparison.NotEqual => ValueSet.Of(value).Complement(8),
        HopComparison.Less => ValueSet.Between(value, byte.MaxValue).Complement(8),
        _ => ValueSet.Between((UInt128)value + 1, byte.MaxValue),
    }));

    public (HopComparison Comparison, byte Value)? Read(GivenOptions given)
    {
        if (given.Uses.Length != 1)
        {
            given.Fail(
                given.Uses.Length > 1 ? given.Uses[1].Option : null,
                $"exactly one of {prefix}-eq, {prefix}-lt and {prefix}-gt must be given",
                given.Uses.Length > 1 ? $"write one `-m {prefix[2..]}` for each" : null);
            return null;
        }

        if (given.Get(_equal) is { } equal) { return (equal.IsNegated ? HopComparison.NotEqual : HopComparison.Equal, (byte)equal.Value); }
        if (given.Get(_less) is { } less) { return (HopComparison.Less, (byte)less.Value); }
        return given.Get(_greater) is { } greater ? (HopComparison.Greater, (byte)greater.Value) : null;
    }

    public void Print(OptionWriter writer, HopComparison comparison, byte value) => writer.Write(
        comparison switch
        {
            HopComparison.Less => _less,
            HopComparison.Greater => _greater,
            _ => _equal,
        },
        $"{value}",
        comparison == HopComparison.NotEqual);
}
