using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Maps;
using Firewall.Kernel.Pins;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;

namespace Firewall.Cli.Attachment;

/// <summary>The counters of an attached firewall, all processors added up. They move while they are read.</summary>
/// <param name="Note">What the attaching process said.</param>
/// <param name="Families">The rules of each family, in the order of the note.</param>
/// <param name="Deferred">Deferred frames by reason, in the order of the reasons; the bytes are those of whole frames.</param>
internal sealed record CounterReading(FirewallNote Note, ImmutableArray<FamilyReading> Families, ImmutableArray<ReasonReading> Deferred)
{
    /// <summary>Reads what is pinned; nothing else is needed.</summary>
    /// <exception cref="KernelException">Nothing is pinned, or not all that belongs to a firewall.</exception>
    public static CounterReading Of(PinnedFirewall firewall)
    {
        try
        {
            var note = FirewallNote.Parse(firewall.Metadata);
            var counters = Sums(MapOf(firewall, Accounting.CountersMap));
            var deferred = Sums(MapOf(firewall, Accounting.DeferredMap));
            return new CounterReading(
                note,
                [.. note.Rules.Select(r => FamilyReading.Of(r, counters))],
                [.. note.Reasons.Select((reason, i) => new ReasonReading(reason, deferred[i], note.Passes(reason)))]);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw new KernelException($"read the pins in {firewall.Directory}", Errno.None, $"fwc cannot make sense of what was noted there: {e.Message}", e);
        }
    }

    private static BpfMap MapOf(PinnedFirewall firewall, string name) => firewall.Maps.GetValueOrDefault(name)
        ?? throw new MissingException($"read the counters in {firewall.Directory}", Errno.ENOENT, $"the pin of the map {name} is missing; detach and attach again");

    private static Counters[] Sums(BpfMap map)
    {
        var sums = new Counters[map.MaxEntries];
        foreach (var (key, value) in map.Entries())
        {
            var processors = new PerProcessorValue(value, map.ValueSize);
            sums[BinaryPrimitives.ReadInt32LittleEndian(key)] = new Counters(processors.Sum(), processors.Sum(sizeof(ulong)));
        }

        return sums;
    }
}

/// <summary>The counted chains of one family.</summary>
/// <param name="File">The rule file as the user named it.</param>
/// <param name="Chains">In the order in which iptables lists them.</param>
internal sealed record FamilyReading(Family Family, string File, ImmutableArray<ChainReading> Chains)
{
    public static FamilyReading Of(NotedRules rules, Counters[] counters)
    {
        var table = rules.Read();
        return new FamilyReading(
            (Family)rules.Family,
            rules.File,
            [
                .. from chain in table.Chains
                   join noted in rules.Chains on chain.Name equals noted.Name
                   select new ChainReading(
                       chain,
                       noted.PolicyCounter is { } policy ? counters[policy] : default,
                       table.Chains.SelectMany(c => c.Rules).Count(r => r.Callee == chain.Name),
                       [.. chain.Rules.Select((rule, i) => new RuleReading(rule with { Line = noted.Lines[i] }, counters[noted.FirstCounter + i]))]),
            ]);
    }
}

/// <summary>A chain with what it counted.</summary>
/// <param name="Policy">Zero for user chains, which have no policy.</param>
/// <param name="References">Rules of the table that jump or go here.</param>
internal sealed record ChainReading(Chain Chain, Counters Policy, int References, ImmutableArray<RuleReading> Rules);

internal sealed record RuleReading(Rule Rule, Counters Counters);

/// <summary>Frames deferred for one reason.</summary>
/// <param name="Passes">Whether the kernel gets them; else they are dropped.</param>
internal sealed record ReasonReading(string Reason, Counters Counters, bool Passes);
