using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Targets;

/// <summary><c>-j QUEUE</c>: hands the packet to a program that listens on netfilter queue 0, and drops it when none does.</summary>
public sealed record QueueTarget : Target
{
    public override string Name => "QUEUE";

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    public override void Print(OptionWriter writer) => writer.WriteWords(["-j", Name]);
}
