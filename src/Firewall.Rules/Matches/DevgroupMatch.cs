using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches the groups of the input and output devices (net/netfilter/xt_devgroup.c).</summary>
public sealed record DevgroupMatch(Given<MaskedNumber>? Source, Given<MaskedNumber>? Destination) : Match
{
    /// <summary>The name that iproute2 has for group 0.</summary>
    private const string Default = "default";

    private static readonly ValueGrammar<MaskedNumber> Group = Values.NamedNumber("device-group", Default);
    private static readonly Option<MaskedNumber> SourceGroup = Option.Value("--src-group", Group).Negatable();
    private static readonly Option<MaskedNumber> DestinationGroup = Option.Value("--dst-group", Group).Negatable();

    public static readonly MatchModule Module = new("devgroup")
    {
        Summary = "Matches the groups of the input and output devices.",
        Options = [SourceGroup, DestinationGroup],
        Create = Read,
        Examples =
        [
            Accepts("-m devgroup --src-group 010", prints: "-m devgroup --src-group 0x8"),
            Accepts("-m devgroup ! --src-group default"),
            Accepts("-m devgroup --src-group 0/0xff", prints: "-m devgroup --src-group 0x0/0xff"),
            Accepts("-m devgroup ! --dst-group 5/0xffffffff --src-group 1/2", prints: "-m devgroup --src-group 0x1/0x2 ! --dst-group 0x5").OnForward(),
            Rejects("-m devgroup"),
            Rejects("-m devgroup --src-group office"),
            Rejects("-m devgroup --src-group 1/"),
            Rejects("-m devgroup --dst-group 1"),
            Hits("-m devgroup --src-group 5/0xf", Packet.Udp(1, 53)).Knowing(Field.InGroup, 0x15),
            Hits("-m devgroup ! --src-group 1/2", Packet.Udp6(1, 53)).Knowing(Field.InGroup, 3),
            Misses("-m devgroup --src-group 0", Packet.Udp(1, 53)).Knowing(Field.InGroup, 1),
            Misses("-m devgroup ! --dst-group 7", Packet.Udp(1, 53)).OnForward().Knowing(Field.OutGroup, 7),
            Defers("-m devgroup --src-group 0", DeferReason.InInterface, Packet.Udp(1, 53)),
            Defers("-m devgroup --dst-group 0", DeferReason.OutInterface, Packet.Udp(1, 53)).OnForward(),
        ],
    };

    public override string ModuleName => Module.Name;

    public override ImmutableArray<string> Chains => (Source, Destination) switch
    {
        (not null, not null) => ["FORWARD"],
        (not null, null) => ["PREROUTING", "INPUT", "FORWARD"],
        _ => ["FORWARD", "OUTPUT", "POSTROUTING"],
    };

    public override Guard Meaning(Family family)
    {
        var guard = Guard.Always;
        if (Source is { } source) { guard = guard.And(Field.InGroup.Masked(source.Value.Mask, source.Value.Number, source.IsNegated)); }
        return Destination is { } destination
            ? guard.And(Field.OutGroup.Masked(destination.Value.Mask, destination.Value.Number, destination.IsNegated))
            : guard;
    }

    public override void Print(OptionWriter writer)
    {
        if (Source is { } source) { writer.Write(SourceGroup, Values.NamedNumberText(source.Value, Default), source.IsNegated); }
        if (Destination is { } destination) { writer.Write(DestinationGroup, Values.NamedNumberText(destination.Value, Default), destination.IsNegated); }
    }

    private static DevgroupMatch? Read(GivenOptions given)
    {
        if (given.Uses.IsEmpty)
        {
            given.Fail(null, "--src-group or --dst-group is missing");
            return null;
        }

        return new(given.Get(SourceGroup), given.Get(DestinationGroup));
    }
}
