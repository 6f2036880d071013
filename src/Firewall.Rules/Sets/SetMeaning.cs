using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Sets;

/// <summary>What <c>-m set</c> asks once the set is known: a step program over the set's table.</summary>
public static class SetMeaning
{
    /// <summary>
    /// The question of a match (net/netfilter/xt_set.c, <c>set_match_v4</c>; <c>ip_set_test</c>). Contents are not part of it: they stand in the tables of <see cref="SetImage"/> and may change,
    /// but for the members of a list:set, whose number and order are those of the catalog.
    /// </summary>
    /// <param name="match">The match.</param>
    /// <param name="sets">The sets of the host; null when nothing is known of them.</param>
    /// <param name="family">The rule set's family.</param>
    public static Guard Of(SetMatch match, SetCatalog? sets, Family family)
    {
        if (sets?.Find(match.SetName) is not { } set) { return Guard.Of(new Unknowable(DeferReason.Set)); }
        if (DependsOnOrder(set, match)) { return Guard.Of(new Unknowable(DeferReason.Set)); }
        return Fits(set, match, family) && !IsEmptyList(set, sets)
            ? Guard.Of(new Search(new SetProgram(match, sets, family).For(set), match.IsNegated))
            : match.IsNegated ? Guard.Always : Guard.Of(new Never());
    }

    /// <summary>The sets whose tables the match asks: the set, and the members of a list.</summary>
    public static IEnumerable<SetDefinition> SetsOf(SetMatch match, SetCatalog sets) =>
        sets.Find(match.SetName) is { } set ? MembersOf(set, sets).Prepend(set) : [];

    /// <summary>Members of a list:set in its order; none for other types.</summary>
    internal static IEnumerable<SetDefinition> MembersOf(SetDefinition set, SetCatalog sets) =>
        set.Entries.SelectMany(e => e.Values).OfType<MemberValue>().Select(m => sets.Find(m.Set)).OfType<SetDefinition>();

    /// <summary>Whether the kernel looks into the set at all: enough dimensions, and the family.</summary>
    internal static bool Fits(SetDefinition set, SetMatch match, Family family) =>
        match.Directions.Count >= set.Type.Dimension && (set.Family is null || set.Family == family);

    /// <summary>
    /// After an element of a hash:net,iface that fails its counters the kernel goes on to shorter prefixes unless a later element in the same bucket has the same network; tables keep no
    /// order.
    /// </summary>
    private static bool DependsOnOrder(SetDefinition set, SetMatch match) =>
        set.HasCounters && set.Type.Parts.Contains(SetPart.Interface) && (match.Packets is not null || match.Bytes is not null);

    private static bool IsEmptyList(SetDefinition set, SetCatalog sets) => set.Type.Method == SetMethod.List && !MembersOf(set, sets).Any();
}
