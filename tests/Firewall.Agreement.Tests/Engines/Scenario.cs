using System.Collections.Immutable;
using System.Text;
using Firewall.Agreement.Tests.Generation;
using Firewall.Rules.Evaluation;

namespace Firewall.Agreement.Tests.Engines;

/// <summary>Rule sets, a situation and packets: one question to all engines.</summary>
internal sealed record Scenario(GeneratedRules? IPv4, GeneratedRules? IPv6, Situation Situation, ImmutableArray<Arrival> Packets)
{
    /// <summary>The rules bound; null when one of the files has an error.</summary>
    public HostRules? Bind()
    {
        var (four, six) = (IPv4?.Bind().Policy, IPv6?.Bind().Policy);
        return (IPv4 is not null && four is null) || (IPv6 is not null && six is null) ? null : HostRules.From(Situation.Hook, four, six);
    }

    /// <summary>Every scenario that has a little less of something: packets first, then rules.</summary>
    public IEnumerable<Scenario> Smaller()
    {
        if (Packets.Length > 1)
        {
            foreach (var packet in Packets) { yield return this with { Packets = [packet] }; }
            yield return this with { Packets = Packets[..(Packets.Length / 2)] };
            yield return this with { Packets = Packets[(Packets.Length / 2)..] };
            yield break;
        }

        if (IPv4 is not null && IPv6 is not null)
        {
            yield return this with { IPv4 = null };
            yield return this with { IPv6 = null };
        }

        foreach (var rules in IPv4?.Smaller() ?? []) { yield return this with { IPv4 = rules }; }
        foreach (var rules in IPv6?.Smaller() ?? []) { yield return this with { IPv6 = rules }; }
    }

    public override string ToString()
    {
        var text = new StringBuilder().Append(Situation).Append('\n').Append(IPv4).Append(IPv6);
        foreach (var packet in Packets.Take(3)) { text.Append(packet).Append('\n'); }
        return text.Append(Packets.Length > 3 ? $"and {Packets.Length - 3} more packets\n" : "").ToString();
    }
}
