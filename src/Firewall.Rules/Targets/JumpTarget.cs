using Firewall.Rules.Options;

namespace Firewall.Rules.Targets;

/// <summary><c>-j CHAIN</c>: walks a user chain and comes back to the next rule.</summary>
/// <param name="Chain">A user chain of the same table.</param>
public sealed record JumpTarget(string Chain) : Target
{
    public override string Name => Chain;

    public override Effect Effect => new Call(Chain);

    public override void Print(OptionWriter writer) => writer.WriteWords(["-j", Chain]);
}
