using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using Firewall.Rules.Sets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Which end of the packet a dimension of a set looks at.</summary>
public enum SetDirection
{
    Source,
    Destination,
}

/// <summary>A condition on the counters of the element that has the packet.</summary>
/// <param name="Fails">The condition fails when the counter is so, compared with <paramref name="Value"/>.</param>
/// <param name="Value">Packets or bytes.</param>
public sealed record CounterTest(Comparator Fails, ulong Value)
{
    public static CounterTest Equal(ulong value, bool negated) => new(negated ? Comparator.Equal : Comparator.NotEqual, value);

    public static CounterTest Below(ulong value) => new(Comparator.GreaterOrEqual, value);

    public static CounterTest Above(ulong value) => new(Comparator.LessOrEqual, value);
}

/// <summary>
/// Matches packets that an IP set has (net/netfilter/xt_set.c, net/netfilter/ipset/). The rule names the set only; <see cref="Sets"/> says what it is.
/// </summary>
/// <param name="SetName">The set.</param>
/// <param name="Directions">By dimension; more than the set has are ignored, fewer never match.</param>
/// <param name="IsNegated">Matches packets that the set does not have.</param>
public sealed record SetMatch(string SetName, EquatableArray<SetDirection> Directions, bool IsNegated) : Match
{
    private static readonly Option<ImmutableArray<string>> InSet =
        Option.Value("--match-set", Values.SetAndDirections).Alias("--set").Negatable().Required();

    private static readonly Flag ReturnNoMatch = Option.Flag("--return-nomatch");
    private static readonly Flag UpdateCounters = Option.Flag("--update-counters").Negatable();
    private static readonly Flag UpdateSubcounters = Option.Flag("--update-subcounters").Negatable();
    private static readonly Option<ulong> PacketsEqual = Option.Value("--packets-eq", Values.Counter).Negatable();
    private static readonly Option<ulong> PacketsBelow = Option.Value("--packets-lt", Values.Counter);
    private static readonly Option<ulong> PacketsAbove = Option.Value("--packets-gt", Values.Counter);
    private static readonly Option<ulong> BytesEqual = Option.Value("--bytes-eq", Values.Counter).Negatable();
    private static readonly Option<ulong> BytesBelow = Option.Value("--bytes-lt", Values.Counter);
    private static readonly Option<ulong> BytesAbove = Option.Value("--bytes-gt", Values.Counter);

    public static readonly MatchModule Module = new("set")
    {
        Summary = "Matches packets that an IP set has.",
        Options =
        [
            InSet, ReturnNoMatch, UpdateCounters, UpdateSubcounters, PacketsEqual, PacketsBelow, PacketsAbove, BytesEqual, BytesBelow, BytesAbove,
        ],
        Create = Read,
        Examples =
        [
            Accepts("-m set --match-set blocked src"),
            Accepts("-m set ! --match-set servers dst,dst"),
            Accepts("-m set --set blocked src", prints: "-m set --match-set blocked src"),
            Accepts("-m set --return-nomatch --match-set nets src", prints: "-m set --match-set nets src --return-nomatch"),
            Accepts("-m set --match-set s src,dst --update-counters", prints: "-m set --match-set s src,dst"),
            Accepts(
                "-m set --match-set s src,dst --packets-gt 0x10 ! --bytes-eq 010 ! --update-subcounters ! --update-counters",
                prints: "-m set --match-set s src,dst ! --update-counters ! --update-subcounters --packets-gt 16 ! --bytes-eq 8"),
            Accepts("-m set --match-set s src,dst,src,dst,src,dst --bytes-lt 18446744073709551615"),
            Rejects("-m set"),
            Rejects("-m set --match-set s"),
            Rejects("-m set --match-set s SRC"),
            Rejects("-m set --match-set s src,"),
            Rejects("-m set --match-set s src,dst,src,dst,src,dst,src"),
            Rejects("-m set --match-set abcdefghijklmnopqrstuvwxyz012345 src"),
            Rejects("-m set --match-set s src ! --return-nomatch"),
            Rejects("-m set --match-set s src --packets-lt 5 --packets-gt 3"),
            Rejects("-m set --match-set s src ! --packets-lt 5"),
            Rejects("-m set --match-set s src --packets-eq 18446744073709551616"),
            Rejects("-m set --packets-eq 4"),
            Defers("-m set --match-set blocked src", DeferReason.Set, Packet.Tcp(1, 80)),
            Defers("-m set ! --match-set blocked src", DeferReason.Set, Packet.Udp6(1, 53)),
        ],
    };

    /// <summary><c>--return-nomatch</c>: an element marked nomatch matches, another does not.</summary>
    public bool ReturnsNoMatch { get; init; }

    /// <summary><c>! --update-counters</c>.</summary>
    public bool KeepsCounters { get; init; }

    /// <summary><c>! --update-subcounters</c>: the counters of the members of a list.</summary>
    public bool KeepsSubcounters { get; init; }

    public CounterTest? Packets { get; init; }

    public CounterTest? Bytes { get; init; }

    /// <summary>What is known of the host's sets; null for nothing: then the packet is deferred.</summary>
    public SetCatalog? Sets { get; init; }

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => SetMeaning.Of(this, Sets, family);

    public override void Print(OptionWriter writer)
    {
        var directions = Directions.Select(d => d == SetDirection.Source ? "src" : "dst");
        writer.Write(InSet, $"{SetName} {string.Join(',', directions)}", IsNegated);
        if (ReturnsNoMatch) { writer.Write(ReturnNoMatch); }
        if (KeepsCounters) { writer.Write(UpdateCounters, negated: true); }
        if (KeepsSubcounters) { writer.Write(UpdateSubcounters, negated: true); }
        Print(writer, Packets, PacketsEqual, PacketsBelow, PacketsAbove);
        Print(writer, Bytes, BytesEqual, BytesBelow, BytesAbove);
    }

    private static void Print(OptionWriter writer, CounterTest? test, Option equal, Option below, Option above)
    {
        if (test is null) { return; }
        var option = test.Fails switch
        {
            Comparator.GreaterOrEqual => below,
            Comparator.LessOrEqual => above,
            _ => equal,
        };
        writer.Write(option, $"{test.Value}", test.Fails == Comparator.Equal);
    }

    private static SetMatch? Read(GivenOptions given)
    {
        if (given.Get(InSet) is not { } named) { return null; }
        var directions = named.Value[1..].Select(d => d == "src" ? SetDirection.Source : SetDirection.Destination);
        var packets = Test(given, PacketsEqual, PacketsBelow, PacketsAbove);
        var bytes = Test(given, BytesEqual, BytesBelow, BytesAbove);
        return given.Errors.Count > 0 ? null : new SetMatch(named.Value[0], [.. directions], named.IsNegated)
        {
            ReturnsNoMatch = given.Has(ReturnNoMatch),
            KeepsCounters = given.Negation(UpdateCounters) is true,
            KeepsSubcounters = given.Negation(UpdateSubcounters) is true,
            Packets = packets,
            Bytes = bytes,
        };
    }

    private static CounterTest? Test(GivenOptions given, Option<ulong> equal, Option<ulong> below, Option<ulong> above)
    {
        if (new[] { equal, below, above }.Count(given.Has) > 1)
        {
            given.Fail(given.Has(below) ? below : above, $"only one of {equal.Name}, {below.Name} and {above.Name} is possible");
        }

        return given.Get(equal) is { } same ? CounterTest.Equal(same.Value, same.IsNegated)
            : given.Get(below) is { } most ? CounterTest.Below(most.Value)
            : given.Get(above) is { } least ? CounterTest.Above(least.Value)
            : null;
    }
}
