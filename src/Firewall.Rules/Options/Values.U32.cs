using System.Collections.Immutable;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Options;

/// <summary>Operators of a u32 location, numbered as in <c>xt_u32.h</c>.</summary>
public enum U32Operator
{
    And,
    ShiftLeft,
    ShiftRight,

    /// <summary>Moves the start by the value so far and reads there.</summary>
    At,
}

/// <summary>What a location does with the value so far.</summary>
public readonly record struct U32Operation(U32Operator Operator, uint Number);

/// <summary>One comparison: four bytes at a place, changed by operations, against ranges.</summary>
public sealed record U32Test(uint Place, EquatableArray<U32Operation> Operations, EquatableArray<ValueRange> Values);

public static partial class Values
{
    /// <summary>Most numbers of a location, values of a test, and tests (<c>XT_U32_MAXSIZE</c>; a location counts its first number).</summary>
    private const int MostOfU32 = 10;

    private static readonly ImmutableArray<(string Text, U32Operator Operator)> U32Operators =
        [("&", U32Operator.And), ("<<", U32Operator.ShiftLeft), (">>", U32Operator.ShiftRight), ("@", U32Operator.At)];

    /// <summary>
    /// The language of u32, <c>0&gt;&gt;22&amp;0x3C@12=1:5,7 &amp;&amp; 6&amp;0xFF=6</c> (libxt_u32.c): tests between <c>&amp;&amp;</c>, each a location, <c>=</c>, and numbers
    /// or ranges between commas. A reversed range contains nothing.
    /// </summary>
    public static readonly ValueGrammar<EquatableArray<U32Test>> U32 = Word<EquatableArray<U32Test>>("u32-expression", text =>
    {
        var tests = ImmutableArray.CreateBuilder<U32Test>();
        var rest = text.AsSpan();
        while (true)
        {
            if (ReadU32Test(ref rest, out var test) is { } wrong) { return wrong; }
            tests.Add(test!);
            if (rest.IsEmpty) { return new EquatableArray<U32Test>(tests.ToImmutable()); }
            if (tests.Count == MostOfU32) { return Wrong($"more than {MostOfU32} tests", "split them over several `-m u32`"); }
            if (!rest.StartsWith("&&")) { return Wrong($"a comma or `&&` is missing before `{rest}`"); }
            rest = rest[2..];
        }
    });

    /// <summary>The tests as iptables-save prints them.</summary>
    public static string U32Text(EquatableArray<U32Test> tests) => string.Join("&&", tests.Select(test =>
        $"0x{test.Place:x}{string.Concat(test.Operations.Select(o => $"{U32Operators[(int)o.Operator].Text}0x{o.Number:x}"))}="
        + string.Join(',', test.Values.Select(r => r.Low == r.High ? $"0x{(uint)r.Low:x}" : $"0x{(uint)r.Low:x}:0x{(uint)r.High:x}"))));

    private static WrongValue? ReadU32Test(ref ReadOnlySpan<char> rest, out U32Test? test)
    {
        test = null;
        if (!TryU32Number(ref rest, out var place)) { return NotU32Number(rest); }
        var operations = ImmutableArray.CreateBuilder<U32Operation>();
        while (!rest.StartsWith("="))
        {
            var read = U32Operators.AsSpan();
            while (!read.IsEmpty && !rest.StartsWith(read[0].Text)) { read = read[1..]; }
            if (read.IsEmpty) { return Wrong($"an operator is missing before `{rest}`", "the operators are & << >> @ and ="); }
            if (operations.Count == MostOfU32 - 1) { return Wrong($"a location has at most {MostOfU32} numbers"); }
            rest = rest[read[0].Text.Length..];
            if (!TryU32Number(ref rest, out var number)) { return NotU32Number(rest); }
            if (read[0].Operator is U32Operator.ShiftLeft or U32Operator.ShiftRight && number > 31) { return Wrong($"a shift by {number} leaves nothing of 32 bits"); }
            operations.Add(new U32Operation(read[0].Operator, number));
        }

        var values = ImmutableArray.CreateBuilder<ValueRange>();
        do
        {
            rest = rest[1..];
            if (!TryU32Number(ref rest, out var low)) { return NotU32Number(rest); }
            var high = low;
            if (rest.StartsWith(":"))
            {
                rest = rest[1..];
                if (!TryU32Number(ref rest, out high)) { return NotU32Number(rest); }
            }

            if (values.Count == MostOfU32) { return Wrong($"a test has at most {MostOfU32} values"); }
            values.Add(new ValueRange(low, high));
        }
        while (rest.StartsWith(","));

        test = new U32Test(place, new(operations.ToImmutable()), new(values.ToImmutable()));
        return null;
    }

    private static bool TryU32Number(ref ReadOnlySpan<char> rest, out uint number)
    {
        var isNumber = Numbers.TryRead(ref rest, out var value) && value <= uint.MaxValue;
        number = isNumber ? (uint)value : 0;
        rest = rest.TrimStart(" \t\n\v\f\r");
        return isNumber;
    }

    private static WrongValue NotU32Number(ReadOnlySpan<char> rest) => Wrong(rest.IsEmpty ? "the expression ends where a number should be" : $"`{rest}` does not begin with a number of 32 bits");
}
