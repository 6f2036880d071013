using System.Net;
using System.Buffers.Binary;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Policies;

namespace Firewall.Cli.Rendering;

/// <summary>Why a rule did not match a packet, in words.</summary>
internal static class AtomText
{
    /// <summary>What the packet has instead of what the atom asks; the atom's number counts over all matches of the rule.</summary>
    public static string WhyNot(Rule rule, int number, PacketView packet)
    {
        foreach (var match in rule.Matches)
        {
            var atoms = match.Meaning(packet.Family)!.Atoms;
            if (number < atoms.Length) { return Describe(atoms[number], match.ToText(), packet); }
            number -= atoms.Length;
        }

        throw new ArgumentOutOfRangeException(nameof(number));
    }

    private static string Describe(Atom atom, string match, PacketView packet) => atom switch
    {
        Test test => IsAndIs(test, packet),
        AnyOf any => string.Join(", ", any.Tests.DistinctBy(t => t.Field).Select(t => IsAndIs(t, packet))),
        HotdropUnless { Test: var test } => IsAndIs(test, packet),
        InterfaceTest { Direction: InterfaceDirection.In } => $"in-interface is {packet.Context.InInterface ?? "not known"}",
        InterfaceTest => $"out-interface is {(packet.Context.Hook == Hook.Input ? "none in INPUT" : packet.Context.OutInterface ?? "not known")}",
        HeaderGate { Base: HeaderBase.Transport } gate => $"the packet has fewer than the {gate.Bytes} bytes of a transport header",
        HeaderGate gate => $"no whole {Name(gate.Base)}",
        ChainGate => "its extension headers break off",
        Never => $"{match} never matches",
        _ => match,
    };

    private static string IsAndIs(Test test, PacketView packet) => $"{test.Field.Name} is {Value(test.Field, packet)}";

    private static string Value(Field field, PacketView packet)
    {
        var value = packet.Value(field);
        return field.Kind switch
        {
            FieldKind.SourceAddress or FieldKind.DestinationAddress => Address(value, packet.Family),
            FieldKind.Protocol => Protocols.Text((byte)value),
            FieldKind.PacketType => ((PacketClass)(int)value).ToString().ToLowerInvariant(),
            FieldKind.TypeOfService or FieldKind.Mark => $"0x{(ulong)value:x2}",
            _ when field == Field.SourceMac => string.Join(':', Convert.ToHexStringLower(BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness((ulong)value))[2..]).Chunk(2).Select(c => new string(c))),
            _ => value.ToString(),
        };
    }

    private static string Address(UInt128 value, Family family)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return new IPAddress(bytes[(16 - (family.AddressBits() / 8))..]).ToString();
    }

    private static string Name(HeaderBase header) => header switch
    {
        HeaderBase.HopByHop => "hop-by-hop header",
        HeaderBase.DestinationOptions => "destination options header",
        HeaderBase.Routing => "routing header",
        HeaderBase.Fragment => "fragment header",
        HeaderBase.Authentication => "authentication header",
        HeaderBase.Link => "Ethernet header",
        _ => "header",
    };
}
