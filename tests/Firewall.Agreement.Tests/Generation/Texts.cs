using CsCheck;

namespace Firewall.Agreement.Tests.Generation;

/// <summary>Generators of pieces of iptables text. An empty piece is left out when pieces are joined.</summary>
internal static class Texts
{
    public static Gen<string> OneOf(params string[] words) => Gen.OneOf(words);

    /// <summary>The piece in so many of a hundred cases, else nothing.</summary>
    public static Gen<string> Sometimes(int percent, Gen<string> piece) => Gen.Frequency((percent, piece), (100 - percent, Gen.Const("")));

    /// <summary>An option that may be negated, with its value.</summary>
    public static Gen<string> Option(string name, Gen<string> value) =>
        Gen.Select(Gen.Frequency((3, ""), (1, "! ")), value, (not, word) => $"{not}{name} {word}");

    public static Gen<string> Option(string name, params string[] values) => Option(name, OneOf(values));

    /// <summary>An option that may not be negated.</summary>
    public static Gen<string> Plain(string name, params string[] values) => OneOf(values).Select(word => $"{name} {word}");

    public static Gen<string> Flag(string name) => Gen.Const(name);

    /// <summary>A flag that may be negated.</summary>
    public static Gen<string> NegatableFlag(string name) => OneOf(name, $"! {name}");

    /// <summary>The pieces in order, with blanks between.</summary>
    public static Gen<string> Join(params Gen<string>[] pieces) =>
        pieces.Aggregate(Gen.Const(""), (all, piece) => Gen.Select(all, piece, Join));

    /// <summary>One to <paramref name="most"/> different values with commas between.</summary>
    public static Gen<string> List(int most, params string[] values) =>
        Gen.Shuffle(values, 1, most).Select(chosen => string.Join(',', chosen));

    private static string Join(string left, string right) => left.Length == 0 ? right : right.Length == 0 ? left : $"{left} {right}";
}
