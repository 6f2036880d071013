using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>What a rule asks of one IPsec transformation; null asks nothing.</summary>
/// <param name="RequestId">Number of the policy's template.</param>
/// <param name="Spi">Security parameters index.</param>
/// <param name="Protocol">AH, ESP or IPComp.</param>
/// <param name="IsTunnel">Tunnel or transport mode.</param>
/// <param name="TunnelDestination">Where the tunnel ends.</param>
/// <param name="TunnelSource">Where the tunnel begins.</param>
public readonly record struct PolicyElement(
    Given<uint>? RequestId, Given<uint>? Spi, Given<byte>? Protocol, Given<bool>? IsTunnel, Given<AddressMask>? TunnelDestination, Given<AddressMask>? TunnelSource);

/// <summary>Matches the IPsec transformations that a packet came through, or will (net/netfilter/xt_policy.c).</summary>
/// <param name="IsIn">By the way in, else by the way out.</param>
/// <param name="IsIpsec">There must be IPsec, else there must be none.</param>
/// <param name="IsStrict">The elements are all transformations in order, else the one element is some of them.</param>
/// <param name="Elements">At least one, which may ask nothing.</param>
/// <param name="Family">For printing addresses.</param>
public sealed record PolicyMatch(bool IsIn, bool IsIpsec, bool IsStrict, EquatableArray<PolicyElement> Elements, Family Family) : Match
{
    private const int MostElements = 4;

    private static readonly Option<bool> Direction = Option.Value("--dir", Values.PolicyDirection);
    private static readonly Option<bool> Kind = Option.Value("--pol", Values.PolicyKind);
    private static readonly Flag Strict = Option.Flag("--strict");
    private static readonly Option<uint> RequestId = Option.Value("--reqid", Values.Number(uint.MaxValue)).Negatable().Repeatable();
    private static readonly Option<uint> Spi = Option.Value("--spi", Values.Number(uint.MaxValue)).Negatable().Repeatable();
    private static readonly Option<AddressMask> TunnelSource = Option.Value("--tunnel-src", Values.HostMask).Negatable().Repeatable();
    private static readonly Option<AddressMask> TunnelDestination = Option.Value("--tunnel-dst", Values.HostMask).Negatable().Repeatable();
    private static readonly Option<byte> Protocol = Option.Value("--proto", Values.PolicyProtocol).Negatable().Repeatable();
    private static readonly Option<bool> Mode = Option.Value("--mode", Values.PolicyMode).Negatable().Repeatable();
    private static readonly Flag Next = Option.Flag("--next").Repeatable();

    public static readonly MatchModule Module = new("policy")
    {
        Summary = "Matches the IPsec transformations that a packet came through or will go through.",
        Options = [Direction, Kind, Strict, RequestId, Spi, TunnelSource, TunnelDestination, Protocol, Mode, Next],
        Create = Read,
        Examples =
        [
            Accepts("-m policy --dir in --pol none --proto esp", prints: "-m policy --dir in --pol none"),
            Accepts("-m policy --dir in", prints: "-m policy --dir in --pol ipsec"),
            Accepts("-m policy --strict --proto 50 --mode tunnel ! --tunnel-src 10.1/8 --tunnel-dst 1.2.3.4/32 --reqid 0x5 --spi 256 --next --proto ipcomp --dir in", prints: "-m policy --dir in --pol ipsec --strict --reqid 5 --spi 0x100 --proto esp --mode tunnel --tunnel-dst 1.2.3.4 ! --tunnel-src 10.0.0.1/8 --next --proto ipcomp"),
            Accepts("-m policy --dir in --pol ipsec ! --mode transport"),
            Accepts("-m policy --dir in --pol ipsec --mode tunnel --tunnel-src fe80::1/ffff::", prints: "-m policy --dir in --pol ipsec --mode tunnel --tunnel-src fe80::1/16").In(Family.IPv6),
            Accepts("-m policy --dir out --pol none").OnForward(),
            Rejects("-m policy --pol ipsec"),
            Rejects("-m policy --dir out --pol none"),
            Rejects("-m policy --dir in --pol ipsec --strict"),
            Rejects("-m policy --dir in --pol none --strict --proto esp"),
            Rejects("-m policy --dir in --pol ipsec --proto esp --next --proto ah"),
            Rejects("-m policy --dir in --pol ipsec --strict --proto esp --next"),
            Rejects("-m policy --dir in --pol ipsec --tunnel-src 10.0.0.1"),
            Rejects("-m policy --dir in --pol ipsec --proto esp --proto ah"),
            Rejects("-m policy --dir in --pol ipsec --proto tcp"),
            Hits("-m policy --dir in --pol none", Packet.Udp(1, 53)).Knowing(Field.InputIpsec, 0),
            Hits("-m policy --dir in --pol ipsec", Packet.Udp6(1, 53)).Knowing(Field.InputIpsec, 1),
            Misses("-m policy --dir in --pol ipsec --proto esp", Packet.Udp(1, 53)).Knowing(Field.InputIpsec, 0),
            Misses("-m policy --dir in --pol none", Packet.Udp(1, 53)).Knowing(Field.InputIpsec, 1),
            Defers("-m policy --dir in --pol ipsec --proto esp", DeferReason.Ipsec, Packet.Udp(1, 53)).Knowing(Field.InputIpsec, 1),
            Defers("-m policy --dir out --pol none", DeferReason.Ipsec, Packet.Udp(1, 53)).OnForward(),
            Defers("-m policy --dir in --pol none", DeferReason.Ipsec, Packet.Udp(1, 53)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override ImmutableArray<string> Chains => IsIn ? ["PREROUTING", "INPUT", "FORWARD"] : ["FORWARD", "OUTPUT", "POSTROUTING"];

    public override Guard Meaning(Family family) => (IsIn, IsIpsec) switch
    {
        (false, _) => Guard.Of(new Unknowable(DeferReason.Ipsec)),
        (_, false) => Guard.Of(Field.InputIpsec.Is(0)),
        _ when Elements is [{ } only] && only == default => Guard.Of(Field.InputIpsec.Is(1)),
        _ => Guard.Of(Field.InputIpsec.Is(1), new Unknowable(DeferReason.Ipsec)),
    };

    public override void Print(OptionWriter writer)
    {
        writer.Write(Direction, IsIn ? "in" : "out");
        writer.Write(Kind, IsIpsec ? "ipsec" : "none");
        if (IsStrict) { writer.Write(Strict); }
        for (var i = 0; i < Elements.Count && IsIpsec; i++)
        {
            if (i > 0) { writer.Write(Next); }
            Print(writer, Elements[i]);
        }
    }

    private void Print(OptionWriter writer, PolicyElement element)
    {
        if (element.RequestId is { } id) { writer.Write(RequestId, $"{id.Value}", id.IsNegated); }
        if (element.Spi is { } spi) { writer.Write(Spi, $"0x{spi.Value:x}", spi.IsNegated); }
        if (element.Protocol is { } protocol) { writer.Write(Protocol, Protocols.Text(protocol.Value), protocol.IsNegated); }
        if (element.IsTunnel is { } tunnel) { writer.Write(Mode, tunnel.Value ? "tunnel" : "transport", tunnel.IsNegated); }
        if (element.TunnelDestination is { } destination) { writer.Write(TunnelDestination, Text(destination.Value), destination.IsNegated); }
        if (element.TunnelSource is { } source) { writer.Write(TunnelSource, Text(source.Value), source.IsNegated); }
    }

    /// <summary>iptables-save leaves a mask out that is not a prefix.</summary>
    private string Text(AddressMask host) =>
        AddressText.Format(host.Address, Family) + (host.PrefixLength(Family) is { } length && length < Family.AddressBits() ? $"/{length}" : "");

    private static PolicyMatch? Read(GivenOptions given)
    {
        var (isIpsec, isStrict) = (given.Get(Kind, fallback: true).Value, given.Has(Strict));
        var elements = ReadElements(given);
        if (!given.Has(Direction)) { given.Fail(null, "--dir in or --dir out is missing"); }
        if (given.Has(Next) && !isStrict) { given.Fail(Next, "--next needs --strict"); }
        if (isStrict && !isIpsec) { given.Fail(Strict, "--strict needs --pol ipsec"); }
        if (elements.Count > MostElements) { given.Fail(Next, $"more than {MostElements} elements"); }
        if (isIpsec && isStrict && elements.Contains(default)) { given.Fail(Strict, "--strict with an element that asks nothing"); }
        if (isIpsec && elements.Any(e => (e.TunnelSource is not null || e.TunnelDestination is not null) && e.IsTunnel is not { Value: true, IsNegated: false }))
        {
            given.Fail(null, "the ends of a tunnel are asked for, and `--mode tunnel` is missing");
        }

        return given.Errors.Count == 0 && given.Get(Direction) is { } direction ? new(direction.Value, isIpsec, isStrict, [.. elements], given.Context.Family) : null;
    }

    /// <summary>Options fill the element that the last <c>--next</c> began, each once.</summary>
    private static List<PolicyElement> ReadElements(GivenOptions given)
    {
        using var ids = given.All(RequestId).GetEnumerator();
        using var indices = given.All(Spi).GetEnumerator();
        using var protocols = given.All(Protocol).GetEnumerator();
        using var modes = given.All(Mode).GetEnumerator();
        using var sources = given.All(TunnelSource).GetEnumerator();
        using var destinations = given.All(TunnelDestination).GetEnumerator();
        List<PolicyElement> elements = [default];
        foreach (var use in given.Uses)
        {
            var element = elements[^1];
            var changed = element;
            if (ReferenceEquals(use.Option, Next)) { elements.Add(default); }
            else if (ReferenceEquals(use.Option, RequestId)) { changed = element with { RequestId = element.RequestId ?? Take(ids) }; }
            else if (ReferenceEquals(use.Option, Spi)) { changed = element with { Spi = element.Spi ?? Take(indices) }; }
            else if (ReferenceEquals(use.Option, Protocol)) { changed = element with { Protocol = element.Protocol ?? Take(protocols) }; }
            else if (ReferenceEquals(use.Option, Mode)) { changed = element with { IsTunnel = element.IsTunnel ?? Take(modes) }; }
            else if (ReferenceEquals(use.Option, TunnelSource)) { changed = element with { TunnelSource = element.TunnelSource ?? Take(sources) }; }
            else if (ReferenceEquals(use.Option, TunnelDestination)) { changed = element with { TunnelDestination = element.TunnelDestination ?? Take(destinations) }; }
            else { continue; }

            if (ReferenceEquals(use.Option, Next)) { continue; }
            if (changed == element && given.Errors.Count == 0) { given.Fail(use.Option, $"{use.Option.Name} is given twice for one element"); }
            elements[^1] = changed;
        }

        return elements;
    }

    /// <summary>The next value; null after one that could not be read, which is an error by then.</summary>
    private static Given<T>? Take<T>(IEnumerator<Given<T>> values) => values.MoveNext() ? values.Current : null;
}
