using System.Collections.Immutable;
using Firewall.Rules.Options;

namespace Firewall.Rules.Targets;

/// <summary>What TTL and HL do to the time to live or hop limit.</summary>
public enum HopOperation
{
    Set,
    Decrease,
    Increase,
}

/// <summary>The options that TTL and HL share but for their names (net/netfilter/xt_HL.c).</summary>
internal sealed class HopChange(string prefix)
{
    private readonly Option<uint> _set = Option.Value($"{prefix}-set", Values.Number(byte.MaxValue));
    private readonly Option<uint> _decrease = Option.Value($"{prefix}-dec", Values.Number(byte.MaxValue, minimum: 1));
    private readonly Option<uint> _increase = Option.Value($"{prefix}-inc", Values.Number(byte.MaxValue, minimum: 1));

    public ImmutableArray<Option> Options => [_set, _decrease, _increase];

    public (HopOperation Operation, byte By)? Read(GivenOptions given)
    {
        if (given.TheOne(_set, _decrease, _increase) is null) { return null; }
        if (given.Get(_set) is { } set) { return (HopOperation.Set, (byte)set.Value); }
        if (given.Get(_decrease) is { } decrease) { return (HopOperation.Decrease, (byte)decrease.Value); }
        return given.Get(_increase) is { } increase ? (HopOperation.Increase, (byte)increase.Value) : null;
    }

    public void Print(OptionWriter writer, HopOperation operation, byte by) =>
        writer.Write(operation switch { HopOperation.Set => _set, HopOperation.Decrease => _decrease, _ => _increase }, $"{by}");
}
