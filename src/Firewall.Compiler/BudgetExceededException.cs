using System.Globalization;

namespace Firewall.Compiler;

/// <summary>The rule set needs more than a limit of the kernel or of fwc allows. Thrown before anything is loaded.</summary>
public sealed class BudgetExceededException(string what, long needed, long limit, string unit)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"{what}: {needed:N0} {unit} needed, {limit:N0} available"))
{
    public string What => what;

    public long Needed => needed;

    public long Limit => limit;
}
