using System.Collections.Immutable;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Options;

/// <summary>A number and which of its bits count.</summary>
public readonly record struct MaskedNumber(uint Number, uint Mask);

public static partial class Values
{
    private static readonly ImmutableArray<(string Name, byte Value)> TosNames =
    [
        ("Minimize-Delay", 0x10), ("Maximize-Throughput", 0x08), ("Maximize-Reliability", 0x04), ("Minimize-Cost", 0x02), ("Normal-Service", 0x00),
    ];

    private static readonly ImmutableArray<(string Name, byte CodePoint)> DscpClasses =
    [
        ("CS0", 0x00), ("CS1", 0x08), ("CS2", 0x10), ("CS3", 0x18), ("CS4", 0x20), ("CS5", 0x28), ("CS6", 0x30), ("CS7", 0x38), ("BE", 0x00),
        ("AF11", 0x0a), ("AF12", 0x0c), ("AF13", 0x0e), ("AF21", 0x12), ("AF22", 0x14), ("AF23", 0x16),
        ("AF31", 0x1a), ("AF32", 0x1c), ("AF33", 0x1e), ("AF41", 0x22), ("AF42", 0x24), ("AF43", 0x26), ("EF", 0x2e),
    ];

    private static readonly ImmutableArray<(string Name, PacketClass Class)> PacketTypes =
    [
        ("unicast", PacketClass.Host), ("broadcast", PacketClass.Broadcast), ("multicast", PacketClass.Multicast), ("otherhost", PacketClass.OtherHost),
        ("host", PacketClass.Host), ("bcast", PacketClass.Broadcast), ("mcast", PacketClass.Multicast),
    ];

    /// <summary>A mark with an optional mask, <c>0x10/0xf0</c>.</summary>
    public static readonly ValueGrammar<MaskedNumber> Mark = Word<MaskedNumber>("mark", text =>
        TryMasked(text, uint.MaxValue, out var mark) ? mark : Wrong($"`{text}` is not a mark of 32 bits, with or without /mask"));

    /// <summary>A number with an optional mask (0xff when there is none), or a name, whose mask is 0x3f.</summary>
    public static readonly ValueGrammar<MaskedNumber> Tos = Word<MaskedNumber>("tos", text =>
        TryMasked(text, byte.MaxValue, out var number)
            ? number
            : Named(TosNames, text) is { } named
                ? new MaskedNumber(named, 0x3f)
                : Wrong($"`{text}` is not a type of service", $"write a number up to 0xff, with or without /mask, or one of {Names(TosNames)}"));

    /// <summary>The name of a differentiated services class, as its code point.</summary>
    public static readonly ValueGrammar<byte> DscpClass = Word<byte>("dscp-class", text =>
        Named(DscpClasses, text) is { } codePoint ? codePoint : Wrong($"`{text}` is not a DSCP class", $"the classes are {Names(DscpClasses)}"));

    /// <summary>A class of frames.</summary>
    public static readonly ValueGrammar<PacketClass> PacketType = Word<PacketClass>("packet-type", text =>
        Named(PacketTypes, text) is { } type ? type : Wrong($"`{text}` is not a packet type", $"the types are {Names(PacketTypes)}"));

    /// <summary>The class as iptables-save prints it.</summary>
    public static string PacketTypeText(PacketClass type) => PacketTypes.First(t => t.Class == type).Name;

    private static bool TryMasked(string text, uint maximum, out MaskedNumber result)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        ulong mask = maximum;
        var valid = Numbers.TryParse(slash < 0 ? text : text.AsSpan(0, slash), maximum, out var number)
            && (slash < 0 || Numbers.TryParse(text.AsSpan(slash + 1), maximum, out mask));
        result = new((uint)number, (uint)mask);
        return valid;
    }

    private static T? Named<T>(ImmutableArray<(string Name, T Value)> names, string text)
        where T : struct
    {
        foreach (var (name, value) in names)
        {
            if (name.Equals(text, StringComparison.OrdinalIgnoreCase)) { return value; }
        }

        return null;
    }

    private static string Names<T>(ImmutableArray<(string Name, T Value)> names) => string.Join(' ', names.Select(n => n.Name));
}
