using System.Diagnostics;

namespace Firewall.Agreement.Tests.Engines;

/// <summary>Makes a failing case small by leaving out, again and again, whatever is not needed for it to fail.</summary>
internal static class Reduction
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The smallest case found, and how it fails.</summary>
    /// <param name="smaller">Cases with a little less.</param>
    /// <param name="fault">How a case fails; null when it does not, or makes no sense.</param>
    public static (T Case, string Fault) Reduce<T>(T failing, string why, Func<T, IEnumerable<T>> smaller, Func<T, string?> fault)
    {
        var clock = Stopwatch.StartNew();
        var found = true;
        while (found)
        {
            found = false;
            foreach (var candidate in smaller(failing))
            {
                if (clock.Elapsed > Patience) { return (failing, why); }
                if (fault(candidate) is not { } reason) { continue; }
                (failing, why, found) = (candidate, reason, true);
                break;
            }
        }

        return (failing, why);
    }
}
