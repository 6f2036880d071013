using Firewall.Compiler.Lowering;
using Firewall.Rules.Targets;

namespace Firewall.Compiler.Placement;

/// <summary>
/// Which places of a program packets can go to from which: in front of each rule, and at each chain's end. Callers are not told apart, so there are more ways here than packets take, never fewer.
/// </summary>
internal sealed class WalkGraph
{
    private readonly Dictionary<(LinearChain, int), List<(LinearChain, int)>> _before = [];
    private readonly List<LinearChain> _chains = [];

    /// <summary>Follows the ways from the stations' built-in chains.</summary>
    /// <param name="roots">The stations' built-in chains.</param>
    /// <param name="after">The station that follows where one accepts; none at the end.</param>
    public WalkGraph(IEnumerable<LinearChain> roots, Func<LinearChain, IEnumerable<LinearChain>> after)
    {
        foreach (var root in roots)
        {
            var ends = ReturnsOf(root);
            foreach (var chain in ends.Keys) { Connect(chain, ends[chain], [.. after(root)]); }
        }
    }

    public IEnumerable<LinearChain> Chains => _chains;

    /// <summary>All places from which a packet can come to one of these.</summary>
    public HashSet<(LinearChain, int)> WhichReach(IEnumerable<(LinearChain, int)> places)
    {
        var reached = new HashSet<(LinearChain, int)>();
        var open = new Stack<(LinearChain, int)>(places);
        while (open.TryPop(out var place))
        {
            if (!reached.Add(place)) { continue; }
            foreach (var before in _before.GetValueOrDefault(place) ?? []) { open.Push(before); }
        }

        return reached;
    }

    /// <summary>Where each chain of a station may return to; the end of the built-in chain for a goto from there.</summary>
    private static Dictionary<LinearChain, HashSet<(LinearChain, int)>> ReturnsOf(LinearChain root)
    {
        var returns = new Dictionary<LinearChain, HashSet<(LinearChain, int)>> { [root] = [] };
        var open = new Stack<LinearChain>([root]);
        while (open.TryPop(out var chain))
        {
            for (var i = 0; i < chain.Rules.Length; i++)
            {
                if (chain.Rules[i].Callee is not { } callee) { continue; }
                HashSet<(LinearChain, int)> sites = chain.Rules[i].Effect is Call ? [(chain, i + 1)]
                    : chain == root ? [(root, root.Rules.Length)]
                    : returns[chain];
                var isNew = returns.TryAdd(callee, []);
                var size = returns[callee].Count;
                returns[callee].UnionWith(sites);
                if (isNew || returns[callee].Count > size) { open.Push(callee); }
            }
        }

        return returns;
    }

    private void Connect(LinearChain chain, HashSet<(LinearChain, int)> returns, LinearChain[] after)
    {
        _chains.Add(chain);
        for (var i = 0; i < chain.Rules.Length; i++)
        {
            var (rule, place) = (chain.Rules[i], (chain, i));
            if (rule.Guard.CanMiss || rule.Effect is Continue or SetMark or Untrack or WriteLog) { Add(place, (chain, i + 1)); }
            if (rule.Callee is { } callee) { Add(place, (callee, 0)); }
            if (rule.Effect is ReturnToCaller) { Add(place, (chain, chain.Rules.Length)); }
            if (rule.Effect is Decide { Verdict: Verdict.Accept }) { AddAll(place, after); }
        }

        var end = (chain, chain.Rules.Length);
        foreach (var site in returns) { Add(end, site); }
        if (chain.IsBase && chain.Chain.Policy == Verdict.Accept) { AddAll(end, after); }
    }

    private void AddAll((LinearChain, int) from, LinearChain[] roots)
    {
        foreach (var root in roots) { Add(from, (root, 0)); }
    }

    private void Add((LinearChain, int) from, (LinearChain, int) to)
    {
        if (!_before.TryGetValue(to, out var before)) { _before[to] = before = []; }
        before.Add(from);
    }
}
