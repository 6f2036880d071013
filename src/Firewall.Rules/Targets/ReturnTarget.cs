using Firewall.Rules.Options;

namespace Firewall.Rules.Targets;

/// <summary><c>-j RETURN</c>: back to the rule after the last jump; in a built-in chain the policy decides.</summary>
public sealed record ReturnTarget : Target
{
    public override string Name => "RETURN";

    public override Effect Effect => new ReturnToCaller();

    public override void Print(OptionWriter writer) => writer.WriteWords(["-j", Name]);
}
