using Firewall.Compiler.Lowering;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Targets;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>A run of a chain's rules that stands in one part.</summary>
/// <param name="First">Index of its first rule.</param>
/// <param name="End">One past its last rule.</param>
internal sealed record Segment(ChainCopy Copy, int Part, int First, int End);

/// <summary>Where a chain goes on when it returns: after the rule that jumped; or, for the end of a goto from a built-in chain, the policy.</summary>
/// <param name="Id">What is kept while the called chain runs.</param>
/// <param name="Index">Index of the rule to go on with; null for the policy.</param>
internal sealed record ReturnSite(int Id, ChainCopy Copy, int? Index);

/// <summary>A chain as laid out; a small chain that is called from several parts has a copy in each.</summary>
internal sealed class ChainCopy(LinearChain chain)
{
    public LinearChain Chain => chain;

    public List<Segment> Segments { get; } = [];

    /// <summary>The copy that each jump or goto enters, by rule index.</summary>
    public Dictionary<int, ChainCopy> Callees { get; } = [];

    public SortedDictionary<int, ReturnSite> Sites { get; } = [];

    /// <summary>Length of the longest way here; tells where the return address is kept.</summary>
    public int Level { get; set; }

    /// <summary>Places the next rule.</summary>
    public void Append(int index, int part)
    {
        var last = Segments[^1];
        if (last.Part == part) { Segments[^1] = last with { End = index + 1 }; }
        else if (last.First == last.End) { Segments[^1] = new Segment(this, part, index, index + 1); }
        else { Segments.Add(new Segment(this, part, index, index + 1)); }
    }

    /// <summary>The segment that holds a rule, or the chain's end.</summary>
    public Segment SegmentOf(int index) => Segments.First(s => index < s.End || s == Segments[^1]);

    public override string ToString() => chain.Chain.Name;
}

/// <summary>
/// Lays the chains out in parts that the kernel's verifier accepts one by one. Rules are placed in the order of a walk, each called chain right behind the rule
/// that first calls it, so that a cut is crossed about once per packet; small shared chains are copied rather than called across.
/// </summary>
internal sealed class Partition
{
    /// <summary>Share of a part that a chain may take to be copied.</summary>
    private const int CopyShare = 16;

    /// <summary>A program may make 33 tail calls (MAX_TAIL_CALL_CNT).</summary>
    private const int MostTailCalls = 33;

    private readonly Budgets _budgets;
    private readonly Dictionary<LinearChain, List<ChainCopy>> _copies = [];
    private readonly Dictionary<LinearChain, RuleCost> _subtrees = [];
    private readonly List<ChainCopy> _all = [];
    private readonly HashSet<StepProgram> _searches = [];
    private RuleCost _used;
    private int _nextSite;

    public Partition(IEnumerable<LinearChain> bases, Budgets budgets)
    {
        _budgets = budgets;
        Bases = [.. bases.Select(Place)];
        foreach (var root in Bases) { AssignReturns(root); }
        LongestTailCalls = PartCount == 1 ? 0 : Bases.GroupBy(b => b.Chain.Family).Max(LongestWay);
        if (LongestTailCalls > MostTailCalls) { throw new BudgetExceededException("tail calls on the longest path", LongestTailCalls, MostTailCalls, "calls"); }
    }

    public List<ChainCopy> Bases { get; }

    public int PartCount { get; private set; } = 1;

    public int LongestTailCalls { get; }

    public int Levels => _all.Count == 0 ? 1 : _all.Max(c => c.Level) + 1;

    /// <summary>Whether a chain of the part has several places to return to, so that the part needs <see cref="Rounds"/>.</summary>
    public bool NeedsRounds(int part) => InPart(part).Any(s => s.Copy.Sites.Count > 1);

    public IEnumerable<Segment> InPart(int part) => _all.SelectMany(c => c.Segments).Where(s => s.Part == part);

    private ChainCopy Place(LinearChain root)
    {
        var first = Open(root);
        var walk = new Stack<(ChainCopy Copy, int Index)>([(first, 0)]);
        while (walk.TryPop(out var at))
        {
            var (copy, i) = at;
            if (i == copy.Chain.Rules.Length) { continue; }
            var rule = copy.Chain.Rules[i];
            var cost = RuleCost.Of(rule);
            if (!_used.IsZero && ((_used + cost).Exceeds(_budgets) || !HasRoomFor(rule)))
            {
                PartCount++;
                _used = default;
                _searches.Clear();
            }

            _used += cost;
            _searches.UnionWith(SearchesOf(rule));
            copy.Append(i, PartCount - 1);
            walk.Push((copy, i + 1));
            if (rule.Callee is { } callee)
            {
                copy.Callees[i] = Enter(callee, out var isNew);
                if (isNew) { walk.Push((copy.Callees[i], 0)); }
            }
        }

        return first;
    }

    /// <summary>Whether the functions and maps of the part's searches and those of one more rule are few enough.</summary>
    private bool HasRoomFor(LinearRule rule)
    {
        var added = SearchesOf(rule).Where(s => !_searches.Contains(s)).ToList();
        if (added.Count == 0) { return true; }
        List<StepProgram> all = [.. _searches, .. added];
        return SearchFunctions.FunctionsOf(all) <= _budgets.SearchFunctions && SearchFunctions.MapsOf(all) <= Budgets.MostTables;
    }

    private static IEnumerable<StepProgram> SearchesOf(LinearRule rule) => rule.Guard.Stages.Select(s => s.Search?.Program).OfType<StepProgram>().Distinct();

    private ChainCopy Open(LinearChain chain)
    {
        var copy = new ChainCopy(chain);
        copy.Segments.Add(new Segment(copy, PartCount - 1, 0, 0));
        if (!_copies.TryGetValue(chain, out var copies)) { _copies[chain] = copies = []; }
        copies.Add(copy);
        _all.Add(copy);
        return copy;
    }

    private ChainCopy Enter(LinearChain chain, out bool isNew)
    {
        var copies = _copies.GetValueOrDefault(chain) ?? [];
        var here = copies.Find(c => c.Segments[0].Part == PartCount - 1) ?? (IsSmall(chain) ? null : copies.FirstOrDefault());
        isNew = here is null;
        return here ?? Open(chain);
    }

    private bool IsSmall(LinearChain chain) => !(SubtreeCost(chain) * CopyShare).Exceeds(_budgets);

    private RuleCost SubtreeCost(LinearChain chain)
    {
        if (_subtrees.TryGetValue(chain, out var known)) { return known; }
        var (total, seen, open) = (default(RuleCost), new HashSet<LinearChain> { chain }, new Stack<LinearChain>([chain]));
        while (open.TryPop(out var next) && !(total * CopyShare).Exceeds(_budgets))
        {
            foreach (var rule in next.Rules)
            {
                total += RuleCost.Of(rule);
                if (rule.Callee is { } callee && seen.Add(callee)) { open.Push(callee); }
            }
        }

        return _subtrees[chain] = total;
    }

    /// <summary>Levels and return sites, callers before callees.</summary>
    private void AssignReturns(ChainCopy root)
    {
        var policy = new ReturnSite(_nextSite++, root, Index: null);
        foreach (var copy in CallersFirst(root))
        {
            foreach (var (index, callee) in copy.Callees)
            {
                callee.Level = Math.Max(callee.Level, copy.Level + 1);
                if (!callee.Chain.MayReturn) { continue; }
                if (copy.Chain.Rules[index].Effect is Call)
                {
                    var site = new ReturnSite(_nextSite++, copy, index + 1);
                    callee.Sites.Add(site.Id, site);
                }
                else if (copy == root)
                {
                    callee.Sites.TryAdd(policy.Id, policy);
                }
                else
                {
                    foreach (var (id, site) in copy.Sites) { callee.Sites.TryAdd(id, site); }
                }
            }
        }
    }

    private static List<ChainCopy> CallersFirst(ChainCopy root)
    {
        var (order, state, open) = (new List<ChainCopy>(), new HashSet<ChainCopy>(), new Stack<(ChainCopy Copy, bool Done)>([(root, false)]));
        while (open.TryPop(out var top))
        {
            if (top.Done)
            {
                order.Add(top.Copy);
                continue;
            }

            if (!state.Add(top.Copy)) { continue; }
            open.Push((top.Copy, true));
            foreach (var callee in top.Copy.Callees.Values.Where(c => !state.Contains(c))) { open.Push((callee, false)); }
        }

        order.Reverse();
        return order;
    }

    /// <summary>All stations before routing, then those of INPUT or of FORWARD; one call into each.</summary>
    private static int LongestWay(IEnumerable<ChainCopy> roots) => roots
        .GroupBy(r => r.Chain.Station.Hook)
        .Select(hook => (hook.Key, Calls: hook.Sum(r => 1 + CountTailCalls(r))))
        .GroupBy(hook => hook.Key == Hook.Prerouting)
        .Sum(stretch => stretch.Max(hook => hook.Calls));

    /// <summary>An upper bound: every jump is taken, every cut is crossed.</summary>
    private static int CountTailCalls(ChainCopy root)
    {
        var inside = new Dictionary<ChainCopy, (long Calls, HashSet<int> Parts)>();
        foreach (var copy in Enumerable.Reverse(CallersFirst(root)))
        {
            long calls = copy.Segments.Count - 1;
            var parts = copy.Segments.Select(s => s.Part).ToHashSet();
            foreach (var (index, callee) in copy.Callees)
            {
                var from = copy.SegmentOf(index).Part;
                var back = copy.SegmentOf(index + 1).Part;
                calls += inside[callee].Calls;
                if (callee.Segments[0].Part != from) { calls++; }
                if (inside[callee].Parts.Any(p => p != back)) { calls++; }
                parts.UnionWith(inside[callee].Parts);
            }

            inside[copy] = (Math.Min(calls, int.MaxValue / 2), parts);
        }

        return (int)inside[root].Calls;
    }
}
