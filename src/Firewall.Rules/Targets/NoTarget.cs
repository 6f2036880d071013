using Firewall.Rules.Options;

namespace Firewall.Rules.Targets;

/// <summary>No <c>-j</c>: the rule counts, and the next one is looked at.</summary>
public sealed record NoTarget : Target
{
    public override string? Name => null;

    public override Effect Effect => new Continue();

    public override void Print(OptionWriter writer)
    {
    }
}
