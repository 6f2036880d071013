using System.Collections.Immutable;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Meaning;

/// <summary>A variable of a step program, and its value by the kernel's HZ.</summary>
public readonly record struct PerHertz(Local Variable, Func<uint, ulong> Value);

/// <summary>Numbers that modules derive from HZ when they are compiled, so that a program need not derive them for each packet.</summary>
public static class Hertz
{
    /// <summary>What kernel/Kconfig.hz offers, the most common first.</summary>
    private static readonly ImmutableArray<uint> Offered = [250, 1000, 100, 300];

    /// <summary>Assigns to each variable what its function gives for this kernel's HZ.</summary>
    public static Step Choose(params ImmutableArray<PerHertz> variables) => Choose(Offered, variables)[0];

    private static ImmutableArray<Step> Choose(ImmutableArray<uint> left, ImmutableArray<PerHertz> variables)
    {
        ImmutableArray<Step> chosen = [.. variables.Select(v => Set(v.Variable, new Constant(v.Value(left[0]))))];
        return left.Length == 1
            ? chosen
            : [IfElse(new JiffiesPerSecond().Is((int)left[0]), chosen, Choose(left[1..], variables))];
    }
}
