using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j CLASSIFY</c>: sets the packet's priority, which chooses its queueing class (net/netfilter/xt_CLASSIFY.c).</summary>
/// <param name="Class">The major number in the upper 16 bits, the minor one in the lower.</param>
public sealed record ClassifyTarget(uint Class) : ModuleTarget
{
    private static readonly Option<uint> SetClass = Option.Value("--set-class", Values.QueueClass).Required();

    public static readonly TargetModule Module = new("CLASSIFY")
    {
        Summary = "Puts the packet into a queueing class.",
        Chains = ["FORWARD", "OUTPUT", "POSTROUTING"],
        Options = [SetClass],
        Create = given => given.Get(SetClass) is { } queue ? new ClassifyTarget(queue.Value) : null,
        Examples =
        [
            Accepts("-j CLASSIFY --set-class 0001:000f"),
            Accepts("-j CLASSIFY --set-class 1:2", prints: "-j CLASSIFY --set-class 0001:0002").In(Family.IPv6),
            Accepts("-j CLASSIFY --set-class 0xAB:CD", prints: "-j CLASSIFY --set-class 00ab:00cd").At("mangle", "POSTROUTING"),
            Accepts("-j CLASSIFY --set-class 10001:-1", prints: "-j CLASSIFY --set-class 0001:ffff"),
            Accepts("-j CLASSIFY --set-class 1:2x", prints: "-j CLASSIFY --set-class 0001:0002"),
            Rejects("-j CLASSIFY"),
            Rejects("-j CLASSIFY --set-class 1"),
            Rejects("-j CLASSIFY --set-class :1"),
            Rejects("-j CLASSIFY --set-class 1:2").At("filter", "INPUT"),
            Does("-j CLASSIFY --set-class 1:2", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer) => writer.Write(SetClass, $"{Class >> 16:x4}:{(ushort)Class:x4}");
}
