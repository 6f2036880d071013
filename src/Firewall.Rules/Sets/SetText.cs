using System.Text;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Names;

namespace Firewall.Rules.Sets;

/// <summary>Writes sets as <c>ipset save</c> (version 7.17) does.</summary>
public static class SetText
{
    /// <summary>The lines of one set: <c>create</c>, then an <c>add</c> for each element. Lines end with <c>\n</c>.</summary>
    public static string Save(SetDefinition set)
    {
        var text = new StringBuilder();
        text.Append("create ").Append(set.Name).Append(' ').Append(set.Type.Name).Append(Header(set)).Append('\n');
        foreach (var entry in set.Entries) { text.Append("add ").Append(set.Name).Append(' ').Append(Entry(set, entry)).Append('\n'); }
        return text.ToString();
    }

    /// <summary>All sets, lists behind the others.</summary>
    public static string Save(SetCatalog sets) => string.Concat(sets.Sets.OrderBy(s => s.Type.Method == SetMethod.List).Select(Save));

    /// <summary>An element with its options, as behind <c>add NAME</c>.</summary>
    public static string Entry(SetDefinition set, SetEntry entry)
    {
        var text = new StringBuilder(Element(set, entry));
        if (set.Timeout is not null) { text.Append($" timeout {entry.Timeout ?? 0}"); }
        if (entry.IsNoMatch) { text.Append(" nomatch"); }
        if (entry.Values.Any(v => v is InterfaceValue { IsWildcard: true })) { text.Append(" wildcard"); }
        if (set.HasCounters) { text.Append($" packets {entry.Packets ?? 0} bytes {entry.Bytes ?? 0}"); }
        if (entry.Comment is { } comment) { text.Append($" comment \"{comment}\""); }
        return text.Append(entry.PacketInformation.Length > 0 ? $" {entry.PacketInformation}" : "").ToString();
    }

    /// <summary>An element alone, e.g. <c>10.0.0.1,tcp:80</c>.</summary>
    public static string Element(SetDefinition set, SetEntry entry) =>
        string.Join(',', entry.Values.Where(v => v is not MacValue { Address: null }).Select(v => Value(set, v)));

    private static string Value(SetDefinition set, SetValue value) => value switch
    {
        NetValue net => AddressText.Format(net.Address, set.Family!.Value) + (net.Prefix == set.AddressBits ? "" : $"/{net.Prefix}"),
        PortValue { Protocol: 0 } port => $"{port.Port}",
        PortValue { Protocol: Protocols.Icmp or Protocols.IcmpV6 } port =>
            $"{Protocols.Text(port.Protocol)}:{SetIcmpNames.Text(port.Port, port.Protocol == Protocols.Icmp ? Family.IPv4 : Family.IPv6)}",
        PortValue port => $"{Protocols.Text(port.Protocol)}:{port.Port}",
        MacValue mac => string.Join(':', Enumerable.Range(0, 6).Select(i => $"{(mac.Address >> (40 - 8 * i)) & 0xFF:X2}")),
        InterfaceValue device => (device.IsPort ? "physdev:" : "") + device.Name,
        MarkValue mark => $"0x{mark.Mark:x8}",
        MemberValue member => member.Set,
        _ => throw new ArgumentOutOfRangeException(nameof(value)),
    };

    private static string Header(SetDefinition set)
    {
        var text = new StringBuilder();
        var isHash = set.Type.Method == SetMethod.Hash;
        if (isHash && set.Family is { } family) { text.Append(family == Family.IPv4 ? " family inet" : " family inet6"); }
        if (isHash && set.Type.Parts.Contains(SetPart.Mark)) { text.Append($" markmask 0x{set.MarkMask:x8}"); }
        if (isHash) { text.Append($" hashsize {set.HashSize} maxelem {set.MostElements}"); }
        if (set.Type.Method == SetMethod.Bitmap) { text.Append($" range {RangeEnd(set, set.Range.Low)}-{RangeEnd(set, set.Range.High)}"); }
        if (set.Type.Method == SetMethod.List) { text.Append($" size {set.ListSize}"); }
        var mask = set.AddressMask is null ? "" : set.IsBitmask
            ? $" bitmask {AddressText.Format(set.AddressMask.Value, set.Family!.Value)}"
            : $" netmask {UInt128.PopCount(set.AddressMask.Value)}";
        var maskStandsLast = isHash && set.Type.Dimension > 1;
        if (!maskStandsLast) { text.Append(mask); }
        if (set.Timeout is { } timeout) { text.Append($" timeout {timeout}"); }
        if (set.HasCounters) { text.Append(" counters"); }
        if (set.HasComments) { text.Append(" comment"); }
        if (set.HasPacketInformation) { text.Append(" skbinfo"); }
        if (set.BucketSize is { } bucket) { text.Append($" bucketsize {bucket}"); }
        if (set.InitialValue is { } initial) { text.Append($" initval 0x{initial:x8}"); }
        return text.Append(maskStandsLast ? mask : "").ToString();
    }

    private static string RangeEnd(SetDefinition set, UInt128 end) => set.Type.Parts[0] == SetPart.Port ? $"{end}" : AddressText.Format(end, Family.IPv4);
}
