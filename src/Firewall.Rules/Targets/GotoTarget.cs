using Firewall.Rules.Options;

namespace Firewall.Rules.Targets;

/// <summary><c>-g CHAIN</c>: walks a user chain; its end goes where the last jump came from.</summary>
/// <param name="Chain">A user chain of the same table.</param>
public sealed record GotoTarget(string Chain) : Target
{
    public override string Name => Chain;

    public override Effect Effect => new Goto(Chain);

    public override void Print(OptionWriter writer) => writer.WriteWords(["-g", Chain]);
}
