using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Matches;

/// <summary>What an example says will happen.</summary>
public enum ExampleKind
{
    /// <summary>The text loads and prints as <see cref="Example.Prints"/>.</summary>
    Accepts,

    /// <summary>The text is an error.</summary>
    Rejects,

    /// <summary>A rule with this text matches the packet.</summary>
    Hits,

    /// <summary>A rule with this text does not match the packet.</summary>
    Misses,

    /// <summary>A rule with this text drops the packet at once.</summary>
    Hotdrops,

    /// <summary>Whether a rule with this text matches the packet cannot be known.</summary>
    Defers,

    /// <summary>A rule with this text matches some packets of a sequence, see <see cref="Example.Turns"/>.</summary>
    Plays,

    /// <summary>The target of a rule with this text has the effect <see cref="Example.Effect"/>.</summary>
    Does,
}

/// <summary>One packet of a sequence.</summary>
/// <param name="Packet">What meets the rule.</param>
/// <param name="After">Milliseconds since the packet before it.</param>
/// <param name="Hits">Whether the rule matches it.</param>
public sealed record Turn(Packet Packet, int After, bool Hits);

/// <summary>A line of a module's documentation that is also a test. Text is the conditions of a rule, e.g. <c>-p tcp -m length --length :60</c>.</summary>
public sealed record Example(ExampleKind Kind, string Text)
{
    /// <summary>For <see cref="ExampleKind.Accepts"/>: the canonical text; null when it prints as written.</summary>
    public string? Prints { get; init; }

    /// <summary>For packets: the frame that meets the rule.</summary>
    public Packet? Packet { get; init; }

    public Family Family { get; init; } = Family.IPv4;

    /// <summary>The built-in chain that holds the rule.</summary>
    public string Chain { get; init; } = "INPUT";

    /// <summary>The table that holds it: raw for PREROUTING, else filter.</summary>
    public string Table => Chain == "PREROUTING" ? "raw" : "filter";

    /// <summary>FORWARD instead of INPUT (for fragments).</summary>
    public bool Forwarded => Chain == "FORWARD";

    /// <summary>What is known beside the packet: the values that fields of the surroundings may have.</summary>
    public ImmutableDictionary<FieldKind, ValueSet> Surroundings { get; init; } = ImmutableDictionary<FieldKind, ValueSet>.Empty;

    /// <summary>For <see cref="ExampleKind.Plays"/>: the packets, in order.</summary>
    public ImmutableArray<Turn> Turns { get; init; } = [];

    /// <summary>For <see cref="ExampleKind.Defers"/>: the reason.</summary>
    public DeferReason? Reason { get; init; }

    /// <summary>Whether a packet's bytes say how the example ends, in INPUT or FORWARD.</summary>
    public bool IsOfBytesAlone => Packet is not null && Reason is null && Surroundings.IsEmpty && Chain is ("INPUT" or "FORWARD");

    /// <summary>The hook knows that the field has this value; with several values, that it has one of them.</summary>
    public Example Knowing(Field field, params ReadOnlySpan<UInt128> values)
    {
        var possible = ValueSet.Empty;
        foreach (var value in values) { possible = ValueSet.Union([.. possible.Ranges, new ValueRange(value, value)]); }
        return this with { Surroundings = Surroundings.SetItem(field.Kind, possible) };
    }

    /// <summary>For targets: the table and the built-in chain; null for the first ones that take the target.</summary>
    public (string Table, string Chain)? Place { get; init; }

    /// <summary>For <see cref="ExampleKind.Does"/>: what the target does.</summary>
    public Effect? Effect { get; init; }

    public Example In(Family family) => this with { Family = family };

    public Example At(string table, string chain) => this with { Place = (table, chain) };

    public Example OnForward() => this with { Chain = "FORWARD" };

    /// <summary>For matches that only packets of this host meet.</summary>
    public Example OnOutput() => this with { Chain = "OUTPUT" };

    public Example OnPrerouting() => this with { Chain = "PREROUTING" };

    public static Example Accepts(string text, string? prints = null) => new(ExampleKind.Accepts, text) { Prints = prints };

    public static Example Rejects(string text) => new(ExampleKind.Rejects, text);

    public static Example Hits(string text, Packet packet) => new(ExampleKind.Hits, text) { Packet = packet, Family = packet.Family };

    public static Example Misses(string text, Packet packet) => new(ExampleKind.Misses, text) { Packet = packet, Family = packet.Family };

    public static Example Hotdrops(string text, Packet packet) => new(ExampleKind.Hotdrops, text) { Packet = packet, Family = packet.Family };

    public static Example Defers(string text, DeferReason reason, Packet packet) =>
        new(ExampleKind.Defers, text) { Packet = packet, Family = packet.Family, Reason = reason };

    public static Example Does(string text, Effect effect) => new(ExampleKind.Does, text) { Effect = effect };

    /// <summary>A sequence of packets: each after so many milliseconds, and whether the rule matches it.</summary>
    public static Example Plays(string text, params ReadOnlySpan<(Packet Packet, int After, bool Hits)> turns)
    {
        var played = ImmutableArray.CreateBuilder<Turn>();
        foreach (var (packet, after, hits) in turns) { played.Add(new Turn(packet, after, hits)); }
        return new(ExampleKind.Plays, text) { Turns = played.ToImmutable(), Family = played[0].Packet.Family };
    }
}
