using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>The order in which packets meet the stations of a program.</summary>
internal sealed class Course(HostRules rules, IReadOnlyList<ChainCopy> roots)
{
    /// <summary>Whether packets are routed on their way: between the chains of PREROUTING and those of INPUT or FORWARD.</summary>
    public bool Routes(Family family) => rules.Hook == Hook.Prerouting && At(family, Hook.Input).Any();

    /// <summary>The first station of a hook; null when the program has none there.</summary>
    public ChainCopy? First(Family family, Hook hook) => At(family, hook).FirstOrDefault();

    /// <summary>Where packets of a family begin; null where the first thing is routing, or nothing.</summary>
    public ChainCopy? Start(Family family) => rules.Entrance.Select(h => First(family, h)).FirstOrDefault(r => r is not null);

    /// <summary>The station that a packet comes to when this one accepts it; null when it has been accepted for good, or is routed.</summary>
    public ChainCopy? After(Station station)
    {
        var here = At(station.Family, station.Hook).ToList();
        var next = here.FindIndex(r => r.Chain.Station == station) + 1;
        return next < here.Count ? here[next]
            : station.Hook == Hook.Prerouting && rules.Hook != Hook.Prerouting ? First(station.Family, rules.Hook)
            : null;
    }

    /// <summary>Whether a packet is routed when this station accepts it.</summary>
    public bool RoutesAfter(Station station) => station.Hook == Hook.Prerouting && Routes(station.Family) && After(station) is null;

    private IEnumerable<ChainCopy> At(Family family, Hook hook) => roots.Where(r => r.Chain.Family == family && r.Chain.Station.Hook == hook);
}
