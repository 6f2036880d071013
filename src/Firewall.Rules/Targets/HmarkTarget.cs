using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j HMARK</c>: the mark becomes a hash of addresses and ports (net/netfilter/xt_HMARK.c). A field that is null does not take part.</summary>
public sealed record HmarkTarget : ModuleTarget
{
    private static readonly Option<HmarkFields> Tuple = Option.Value("--hmark-tuple", Values.HmarkTuple);
    private static readonly Option<int> SourcePrefixOption = Option.Value("--hmark-src-prefix", Values.PrefixLength);
    private static readonly Option<int> DestinationPrefixOption = Option.Value("--hmark-dst-prefix", Values.PrefixLength);
    private static readonly Option<uint> SourcePortMaskOption = Option.Value("--hmark-sport-mask", Values.Number(ushort.MaxValue));
    private static readonly Option<uint> DestinationPortMaskOption = Option.Value("--hmark-dport-mask", Values.Number(ushort.MaxValue));
    private static readonly Option<uint> SpiMaskOption = Option.Value("--hmark-spi-mask", Values.Number(uint.MaxValue));
    private static readonly Option<uint> SourcePortOption = Option.Value("--hmark-sport", Values.Number(ushort.MaxValue));
    private static readonly Option<uint> DestinationPortOption = Option.Value("--hmark-dport", Values.Number(ushort.MaxValue));
    private static readonly Option<uint> SpiOption = Option.Value("--hmark-spi", Values.Number(uint.MaxValue));
    private static readonly Option<uint> ProtocolMaskOption = Option.Value("--hmark-proto-mask", Values.Number(ushort.MaxValue));
    private static readonly Option<uint> Seed = Option.Value("--hmark-rnd", Values.Number(uint.MaxValue)).Required();
    private static readonly Option<uint> ModulusOption = Option.Value("--hmark-mod", Values.Number(uint.MaxValue, minimum: 1)).Required();
    private static readonly Option<uint> OffsetOption = Option.Value("--hmark-offset", Values.Number(uint.MaxValue));

    public static readonly TargetModule Module = new("HMARK")
    {
        Summary = "Sets the netfilter mark to a hash of addresses and ports.",
        Options =
        [
            Tuple, SourcePrefixOption, DestinationPrefixOption, SourcePortMaskOption, DestinationPortMaskOption, SpiMaskOption, SourcePortOption,
            DestinationPortOption, SpiOption, ProtocolMaskOption, Seed, ModulusOption, OffsetOption,
        ],
        Create = Read,
        Examples =
        [
            Accepts("-j HMARK --hmark-src-prefix 24 --hmark-rnd 0x00000001 --hmark-mod 3"),
            Accepts("-j HMARK --hmark-tuple dst,SRC --hmark-mod 0x10 --hmark-rnd 1 --hmark-offset 0",
                prints: "-j HMARK --hmark-src-prefix 32 --hmark-dst-prefix 32 --hmark-rnd 0x00000001 --hmark-mod 16 --hmark-offset 0"),
            Accepts("-j HMARK --hmark-tuple src,dst --hmark-mod 3 --hmark-rnd 1",
                prints: "-j HMARK --hmark-src-prefix 128 --hmark-dst-prefix 128 --hmark-rnd 0x00000001 --hmark-mod 3").In(Family.IPv6),
            Accepts("-j HMARK --hmark-tuple ct,src,dst,sport,dport,proto --hmark-mod 3 --hmark-rnd 1",
                prints: "-j HMARK --hmark-src-prefix 32 --hmark-dst-prefix 32 --hmark-sport-mask 0xffff --hmark-dport-mask 0xffff --hmark-proto-mask 0xffff --hmark-rnd 0x00000001 --hmark-mod 3 --hmark-tuple ct"),
            Accepts("-j HMARK --hmark-sport 1 --hmark-dport 2 --hmark-sport-mask 3 --hmark-dport-mask 4 --hmark-proto-mask 5 --hmark-src-prefix 6 --hmark-dst-prefix 255.0.0.0 --hmark-mod 3 --hmark-rnd 1",
                prints: "-j HMARK --hmark-src-prefix 6 --hmark-dst-prefix 8 --hmark-sport-mask 0x0003 --hmark-dport-mask 0x0004 --hmark-sport 0x0001 --hmark-dport 0x0002 --hmark-proto-mask 0x05 --hmark-rnd 0x00000001 --hmark-mod 3"),
            Accepts("-j HMARK --hmark-spi 1 --hmark-spi-mask 2 --hmark-mod 3 --hmark-rnd 1", prints: "-j HMARK --hmark-spi-mask 0x00000002 --hmark-spi 0x00000001 --hmark-rnd 0x00000001 --hmark-mod 3"),
            Accepts("-j HMARK --hmark-src-prefix 24 --hmark-tuple src --hmark-mod 3 --hmark-rnd 1", prints: "-j HMARK --hmark-src-prefix 32 --hmark-rnd 0x00000001 --hmark-mod 3"),
            Rejects("-j HMARK --hmark-tuple src --hmark-rnd 3"),
            Rejects("-j HMARK --hmark-tuple src --hmark-mod 3"),
            Rejects("-j HMARK --hmark-tuple src --hmark-mod 0 --hmark-rnd 1"),
            Rejects("-j HMARK --hmark-mod 3 --hmark-rnd 1"),
            Rejects("-j HMARK --hmark-tuple src, --hmark-mod 3 --hmark-rnd 1"),
            Rejects("-j HMARK --hmark-tuple src --hmark-src-prefix 24 --hmark-mod 3 --hmark-rnd 1"),
            Rejects("-j HMARK --hmark-spi-mask 1 --hmark-sport-mask 1 --hmark-mod 3 --hmark-rnd 1"),
            Rejects("-j HMARK --hmark-spi 1 --hmark-dport 1 --hmark-mod 3 --hmark-rnd 1"),
            Rejects("-j HMARK --hmark-sport http --hmark-mod 3 --hmark-rnd 1"),
            Rejects("-j HMARK --hmark-src-prefix 129 --hmark-mod 3 --hmark-rnd 1").In(Family.IPv6),
            Does("-j HMARK --hmark-tuple src --hmark-mod 3 --hmark-rnd 1", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    /// <summary>Bits of the source address.</summary>
    public int? SourcePrefix { get; private init; }

    /// <summary>Bits of the destination address.</summary>
    public int? DestinationPrefix { get; private init; }

    public uint? SourcePortMask { get; private init; }

    public uint? DestinationPortMask { get; private init; }

    public uint? SpiMask { get; private init; }

    /// <summary>Set in the source port before it is hashed.</summary>
    public uint? SourcePort { get; private init; }

    /// <summary>Set in the destination port before it is hashed.</summary>
    public uint? DestinationPort { get; private init; }

    /// <summary>Set in the security parameters index before it is hashed.</summary>
    public uint? Spi { get; private init; }

    public uint? ProtocolMask { get; private init; }

    /// <summary>Begins the hash.</summary>
    public uint Random { get; private init; }

    public uint Modulus { get; private init; }

    /// <summary>Added to the hash.</summary>
    public uint? Offset { get; private init; }

    /// <summary>Addresses and ports are those of the connection's first packet.</summary>
    public bool UsesConnection { get; private init; }

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    private bool HashesNothing => this is
    {
        SourcePrefix: null, DestinationPrefix: null, SourcePortMask: null, DestinationPortMask: null, SpiMask: null, SourcePort: null,
        DestinationPort: null, Spi: null, ProtocolMask: null, UsesConnection: false,
    };

    protected override void PrintOptions(OptionWriter writer)
    {
        Write(writer, SourcePrefixOption, SourcePrefix is { } source ? $"{source}" : null);
        Write(writer, DestinationPrefixOption, DestinationPrefix is { } destination ? $"{destination}" : null);
        Write(writer, SourcePortMaskOption, Hex(SourcePortMask, 4));
        Write(writer, DestinationPortMaskOption, Hex(DestinationPortMask, 4));
        Write(writer, SpiMaskOption, Hex(SpiMask, 8));
        Write(writer, SourcePortOption, Hex(SourcePort, 4));
        Write(writer, DestinationPortOption, Hex(DestinationPort, 4));
        Write(writer, SpiOption, Hex(Spi, 8));
        Write(writer, ProtocolMaskOption, Hex(ProtocolMask, 2));
        Write(writer, Seed, Hex(Random, 8));
        Write(writer, ModulusOption, $"{Modulus}");
        Write(writer, OffsetOption, Offset is { } offset ? $"{offset}" : null);
        if (UsesConnection) { writer.Write(Tuple, "ct"); }
    }

    private static string? Hex(uint? number, int digits) => number is { } given ? "0x" + given.ToString($"x{digits}", null) : null;

    private static void Write(OptionWriter writer, Option option, string? value)
    {
        if (value is not null) { writer.Write(option, value); }
    }

    private static HmarkTarget? Read(GivenOptions given)
    {
        var tuple = given.Get(Tuple, HmarkFields.None).Value;
        if (FieldGivenAgain(given, tuple) is { } again)
        {
            given.Fail(again, $"`{again.Name}` stands behind `--hmark-tuple`, which has the field already");
        }

        var target = new HmarkTarget
        {
            SourcePrefix = tuple.HasFlag(HmarkFields.Source) ? given.Context.Family.AddressBits() : given.Get(SourcePrefixOption)?.Value,
            DestinationPrefix = tuple.HasFlag(HmarkFields.Destination) ? given.Context.Family.AddressBits() : given.Get(DestinationPrefixOption)?.Value,
            SourcePortMask = tuple.HasFlag(HmarkFields.SourcePort) ? ushort.MaxValue : given.Get(SourcePortMaskOption)?.Value,
            DestinationPortMask = tuple.HasFlag(HmarkFields.DestinationPort) ? ushort.MaxValue : given.Get(DestinationPortMaskOption)?.Value,
            SpiMask = tuple.HasFlag(HmarkFields.Spi) ? uint.MaxValue : given.Get(SpiMaskOption)?.Value,
            ProtocolMask = tuple.HasFlag(HmarkFields.Protocol) ? ushort.MaxValue : given.Get(ProtocolMaskOption)?.Value,
            UsesConnection = tuple.HasFlag(HmarkFields.Connection),
            SourcePort = given.Get(SourcePortOption)?.Value,
            DestinationPort = given.Get(DestinationPortOption)?.Value,
            Spi = given.Get(SpiOption)?.Value,
            Random = given.Get(Seed, 0u).Value,
            Modulus = given.Get(ModulusOption, 1u).Value,
            Offset = given.Get(OffsetOption)?.Value,
        };
        if (given.Errors.Count == 0 && target.HashesNothing) { given.Fail(null, "nothing to hash", "name fields with --hmark-tuple"); }
        if (target.SpiMask is not null && (target.SourcePortMask ?? target.DestinationPortMask) is not null) { given.Fail(null, "a packet has a security parameters index or ports, not both"); }
        if (target.Spi is not null && (target.SourcePort ?? target.DestinationPort) is not null) { given.Fail(null, "a packet has a security parameters index or ports, not both"); }
        return given.Errors.Count == 0 ? target : null;
    }

    /// <summary>An option of a field that the tuple before it names.</summary>
    private static Option? FieldGivenAgain(GivenOptions given, HmarkFields tuple) =>
        given.Uses.SkipWhile(u => !ReferenceEquals(u.Option, Tuple)).Select(u => u.Option).FirstOrDefault(o => (tuple & FieldOf(o)) != HmarkFields.None);

    private static HmarkFields FieldOf(Option option) =>
        ReferenceEquals(option, SourcePrefixOption) ? HmarkFields.Source
        : ReferenceEquals(option, DestinationPrefixOption) ? HmarkFields.Destination
        : ReferenceEquals(option, SourcePortMaskOption) ? HmarkFields.SourcePort
        : ReferenceEquals(option, DestinationPortMaskOption) ? HmarkFields.DestinationPort
        : ReferenceEquals(option, SpiMaskOption) ? HmarkFields.Spi
        : ReferenceEquals(option, ProtocolMaskOption) ? HmarkFields.Protocol
        : HmarkFields.None;
}
