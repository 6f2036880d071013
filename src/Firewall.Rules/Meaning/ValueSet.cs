using System.Collections.Immutable;
using System.Globalization;

namespace Firewall.Rules.Meaning;

/// <summary>An inclusive range of unsigned values.</summary>
public readonly record struct ValueRange(UInt128 Low, UInt128 High)
{
    public bool Contains(UInt128 value) => Low <= value && value <= High;

    public override string ToString() => Low == High
        ? Low.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Low}-{High}");
}

/// <summary>
/// A set of unsigned values of up to 128 bits, kept as sorted, disjoint, non-adjacent inclusive ranges, so that equal
/// sets have equal representations.
/// </summary>
public sealed class ValueSet : IEquatable<ValueSet>
{
    public static readonly ValueSet Empty = new([]);

    private ValueSet(ImmutableArray<ValueRange> ranges) => Ranges = ranges;

    public ImmutableArray<ValueRange> Ranges { get; }

    public bool IsEmpty => Ranges.IsEmpty;

    /// <summary>Exactly one value.</summary>
    public bool IsSingle => Ranges is [var only] && only.Low == only.High;

    /// <summary>The values one by one; for small sets.</summary>
    public IEnumerable<UInt128> Values
    {
        get
        {
            foreach (var range in Ranges)
            {
                for (var value = range.Low; value < range.High; value++) { yield return value; }
                yield return range.High;
            }
        }
    }

    public static ValueSet Of(UInt128 value) => new([new ValueRange(value, value)]);

    /// <summary>The values from <paramref name="low"/> to <paramref name="high"/>; empty when they are reversed, as iptables treats such ranges.</summary>
    public static ValueSet Between(UInt128 low, UInt128 high) => low <= high ? new([new ValueRange(low, high)]) : Empty;

    public static ValueSet Of(params ReadOnlySpan<UInt128> values)
    {
        var ranges = new List<ValueRange>();
        foreach (var value in values) { ranges.Add(new ValueRange(value, value)); }
        return Union(ranges);
    }

    public static ValueSet Union(IEnumerable<ValueRange> ranges)
    {
        var merged = ImmutableArray.CreateBuilder<ValueRange>();
        foreach (var range in ranges.Where(r => r.Low <= r.High).OrderBy(r => r.Low))
        {
            if (merged.Count > 0 && (merged[^1].High == UInt128.MaxValue || range.Low <= merged[^1].High + 1))
            {
                merged[^1] = merged[^1] with { High = UInt128.Max(merged[^1].High, range.High) };
            }
            else
            {
                merged.Add(range);
            }
        }

        return new(merged.ToImmutable());
    }

    /// <summary>All values of <paramref name="bits"/> bits.</summary>
    public static ValueSet All(int bits) => Between(0, Maximum(bits));

    /// <summary>The largest value of <paramref name="bits"/> bits.</summary>
    public static UInt128 Maximum(int bits) => bits == 128 ? UInt128.MaxValue : (UInt128.One << bits) - 1;

    public bool Contains(UInt128 value)
    {
        int low = 0, high = Ranges.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (value < Ranges[middle].Low) { high = middle - 1; }
            else if (value > Ranges[middle].High) { low = middle + 1; }
            else { return true; }
        }

        return false;
    }

    /// <summary>The values of <paramref name="bits"/> bits that are not in this set.</summary>
    public ValueSet Complement(int bits)
    {
        var gaps = ImmutableArray.CreateBuilder<ValueRange>();
        UInt128 next = 0;
        foreach (var range in Ranges)
        {
            if (range.Low > Maximum(bits)) { break; }
            if (range.Low > next) { gaps.Add(new ValueRange(next, range.Low - 1)); }
            if (range.High >= Maximum(bits)) { return new(gaps.ToImmutable()); }
            next = range.High + 1;
        }

        gaps.Add(new ValueRange(next, Maximum(bits)));
        return new(gaps.ToImmutable());
    }

    /// <summary>Those values that <paramref name="bits"/> bits can have.</summary>
    public ValueSet Within(int bits) => IsEmpty || Ranges[^1].High <= Maximum(bits) ? this : Complement(bits).Complement(bits);

    public bool Equals(ValueSet? other) => other is not null && Ranges.AsSpan().SequenceEqual(other.Ranges.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as ValueSet);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var range in Ranges) { hash.Add(range); }
        return hash.ToHashCode();
    }

    public override string ToString() => "{" + string.Join(", ", Ranges) + "}";
}
