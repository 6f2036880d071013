using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;

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
}

/// <summary>A line of a module's documentation that is also a test. Text is the conditions of a rule, e.g. <c>-p tcp -m length --length :60</c>.</summary>
public sealed record Example(ExampleKind Kind, string Text)
{
    /// <summary>For <see cref="ExampleKind.Accepts"/>: the canonical text; null when it prints as written.</summary>
    public string? Prints { get; init; }

    /// <summary>For packets: the frame that meets the rule.</summary>
    public Packet? Packet { get; init; }

    public Family Family { get; init; } = Family.IPv4;

    /// <summary>FORWARD instead of INPUT (for fragments).</summary>
    public bool Forwarded { get; init; }

    public Example In(Family family) => this with { Family = family };

    public Example OnForward() => this with { Forwarded = true };

    public static Example Accepts(string text, string? prints = null) => new(ExampleKind.Accepts, text) { Prints = prints };

    public static Example Rejects(string text) => new(ExampleKind.Rejects, text);

    public static Example Hits(string text, Packet packet) => new(ExampleKind.Hits, text) { Packet = packet, Family = packet.Family };

    public static Example Misses(string text, Packet packet) => new(ExampleKind.Misses, text) { Packet = packet, Family = packet.Family };

    public static Example Hotdrops(string text, Packet packet) => new(ExampleKind.Hotdrops, text) { Packet = packet, Family = packet.Family };
}
