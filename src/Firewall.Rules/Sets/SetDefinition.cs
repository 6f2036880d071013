using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Sets;

/// <summary>A set as <c>ipset create</c> makes it, and what is in it. Immutable.</summary>
/// <param name="Name">At most 31 bytes.</param>
/// <param name="Type">Its type.</param>
public sealed record SetDefinition(string Name, SetType Type)
{
    public const int LongestName = 31;

    /// <summary>Null for types that serve both families.</summary>
    public Family? Family { get; init; }

    /// <summary>Hash types; only printed.</summary>
    public uint HashSize { get; init; } = 1024;

    /// <summary>Hash types: most elements; 0 for no limit.</summary>
    public uint MostElements { get; init; } = 65_536;

    /// <summary>Bits of an address that count; all where nothing is said. Given by <c>netmask</c> (then they are a prefix) or <c>bitmask</c>.</summary>
    public UInt128? AddressMask { get; init; }

    /// <summary>Whether <see cref="AddressMask"/> was written as <c>bitmask</c>.</summary>
    public bool IsBitmask { get; init; }

    /// <summary>hash:ip,mark: bits of the mark that count.</summary>
    public uint MarkMask { get; init; } = uint.MaxValue;

    /// <summary>Bitmap types: what the set can hold.</summary>
    public ValueRange Range { get; init; }

    /// <summary>list:set; only printed.</summary>
    public uint ListSize { get; init; } = 8;

    /// <summary>Seconds an element lives when it says nothing itself, 0 for ever; null where elements cannot die.</summary>
    public uint? Timeout { get; init; }

    public bool HasCounters { get; init; }

    public bool HasComments { get; init; }

    /// <summary>Elements may carry <c>skbmark</c>, <c>skbprio</c>, <c>skbqueue</c>, which only the target SET reads.</summary>
    public bool HasPacketInformation { get; init; }

    /// <summary>A full set throws out an element for a new one. ipset does not print it.</summary>
    public bool ForcesRoom { get; init; }

    /// <summary>Hash types; only printed.</summary>
    public uint? BucketSize { get; init; }

    /// <summary>Hash types; only printed.</summary>
    public uint? InitialValue { get; init; }

    /// <summary>The elements; their order counts in a list:set alone.</summary>
    public EquatableArray<SetEntry> Entries { get; init; }

    /// <summary>Width of its addresses.</summary>
    public int AddressBits => Family?.AddressBits() ?? 32;

    /// <summary>Whether two sets may change their contents: their headers mean the same.</summary>
    public bool IsLike(SetDefinition other) =>
        Type == other.Type && Family == other.Family && AddressMask == other.AddressMask && MarkMask == other.MarkMask && Range == other.Range
        && Timeout.HasValue == other.Timeout.HasValue && HasCounters == other.HasCounters;
}

/// <summary>An element of a set: one address, one network, one port, … Ranges have been resolved.</summary>
/// <param name="Values">By the dimensions of the set's type.</param>
public sealed record SetEntry(EquatableArray<SetValue> Values)
{
    /// <summary>An exception: what it contains does not match.</summary>
    public bool IsNoMatch { get; init; }

    /// <summary>Seconds left when the file was written, 0 for ever; null where the set says nothing of time.</summary>
    public uint? Timeout { get; init; }

    /// <summary>Null where nothing is said: 0 for a new element.</summary>
    public ulong? Packets { get; init; }

    /// <inheritdoc cref="Packets"/>
    public ulong? Bytes { get; init; }

    public string? Comment { get; init; }

    /// <summary><c>skbmark</c>, <c>skbprio</c> and <c>skbqueue</c> as ipset prints them; empty for none.</summary>
    public string PacketInformation { get; init; } = "";
}

/// <summary>The sets of a host by name, as rules refer to them.</summary>
public sealed class SetCatalog(ImmutableArray<SetDefinition> sets)
{
    public static readonly SetCatalog Empty = new([]);

    private readonly ImmutableDictionary<string, SetDefinition> _byName = sets.ToImmutableDictionary(s => s.Name, StringComparer.Ordinal);

    /// <summary>In the order of the file.</summary>
    public ImmutableArray<SetDefinition> Sets => sets;

    public SetDefinition? Find(string name) => _byName.GetValueOrDefault(name);
}
