using Firewall.Rules.Options;

namespace Firewall.Rules.Targets;

/// <summary><c>-j DROP</c>: the packet is gone.</summary>
public sealed record DropTarget : Target
{
    public override string Name => "DROP";

    public override Effect Effect => new Decide(Verdict.Drop);

    public override void Print(OptionWriter writer) => writer.WriteWords(["-j", Name]);
}
