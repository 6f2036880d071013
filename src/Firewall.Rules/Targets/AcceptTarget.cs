using Firewall.Rules.Options;

namespace Firewall.Rules.Targets;

/// <summary><c>-j ACCEPT</c>: the packet passes this table.</summary>
public sealed record AcceptTarget : Target
{
    public override string Name => "ACCEPT";

    public override Effect Effect => new Decide(Verdict.Accept);

    public override void Print(OptionWriter writer) => writer.WriteWords(["-j", Name]);
}
