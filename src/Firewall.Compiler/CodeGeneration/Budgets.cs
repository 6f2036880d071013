using Firewall.Compiler.Lowering;
using Firewall.Rules.Meaning;
using Firewall.Rules.Targets;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>The kernel's limits that a program must stay below, and how far fwc goes (docs: <c>docs/internals/budgets.md</c>).</summary>
/// <param name="Instructions">Estimated instructions of one part; the kernel processes at most 1,000,000 while verifying.</param>
/// <param name="PendingBranches">Branches of one part that wait to be verified; the kernel allows 8,192.</param>
/// <param name="SearchFunctions">Functions that the searches of one part become; the kernel allows a program 255 beside its own.</param>
public sealed record Budgets(int Instructions, int PendingBranches, int SearchFunctions)
{
    public static readonly Budgets Default = new(500_000, 6_000, 240);

    /// <summary>Tables of modules that one part uses; the kernel allows a program 64 maps (MAX_USED_MAPS).</summary>
    public const int MostTables = 40;

    /// <summary>Rules of one chain that fwc compiles.</summary>
    public const int MostRulesPerChain = 4_000;

    /// <summary>Rules reachable from the chosen chain that fwc compiles.</summary>
    public const int MostRules = 20_000;
}

/// <summary>What a rule adds to a part, estimated from above.</summary>
internal readonly record struct RuleCost(int Instructions, int PendingBranches)
{
    public bool IsZero => Instructions == 0;

    public static RuleCost operator +(RuleCost left, RuleCost right) =>
        new(left.Instructions + right.Instructions, left.PendingBranches + right.PendingBranches);

    public static RuleCost operator *(RuleCost cost, int factor) => new(cost.Instructions * factor, cost.PendingBranches * factor);

    public bool Exceeds(Budgets budgets) => Instructions > budgets.Instructions || PendingBranches > budgets.PendingBranches;

    public static RuleCost Of(LinearRule rule)
    {
        var cost = new RuleCost(8, 0);
        foreach (var stage in rule.Guard.Stages)
        {
            foreach (var atom in stage.Atoms) { cost += Of(atom); }
            if (stage.Search is not null) { cost += new RuleCost(6, 1); }
        }

        // The miss of a rule that ends the walk is verified at once; of any other it waits until the walk through the match has ended.
        return rule.Effect is Decide || !rule.Guard.CanMiss ? cost : cost + new RuleCost(4, 1);
    }

    private static RuleCost Of(Atom atom) => atom switch
    {
        Test { Field.Bits: 128 } test when RangeCount(test) is > 0 and var ranges => new RuleCost(10 + (14 * ranges), 5 * ranges),
        Test { Field.Bits: 128 } => new RuleCost(18, 0),
        Test test when RangeCount(test) is > 0 and var ranges => new RuleCost(6 + (8 * ranges), 0),
        Test => new RuleCost(6, 0),
        AnyOf any => any.Tests.Aggregate(new RuleCost(2, 0), (sum, test) => sum + Of(test) + new RuleCost(4, 0)),
        HotdropUnless { Test: var test } => (Of(test) * 2) + new RuleCost(10, 0),
        HeaderGate => new RuleCost(10, 0),
        Doubtful { Possible: { } possible } => Of(possible) + new RuleCost(6, 1),
        Doubtful => default,
        _ => new RuleCost(7, 0),
    };

    /// <summary>Ranges to be compared; 0 where the test is an equality or its opposite.</summary>
    private static int RangeCount(Test test)
    {
        var ranges = test.Values.Ranges;
        if (ranges is [{ Low: var low, High: var high }] && low == high) { return 0; }
        var complement = test.Values.Complement(test.Field.Bits).Ranges;
        return complement is [{ Low: var other, High: var last }] && other == last ? 0 : Math.Min(ranges.Length, complement.Length);
    }
}
