using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j NFQUEUE</c>: a program that listens on a netfilter queue says what becomes of the packet (net/netfilter/xt_NFQUEUE.c).</summary>
/// <param name="First">The queue, or the first of several.</param>
/// <param name="Last">The last of them.</param>
/// <param name="Bypass">When no program listens, the packet passes instead of being dropped.</param>
/// <param name="CpuFanout">The processor chooses the queue, not the packet's addresses.</param>
public sealed record NfqueueTarget(ushort First, ushort Last, bool Bypass, bool CpuFanout) : ModuleTarget
{
    private static readonly Option<uint> QueueNum = Option.Value("--queue-num", Values.Number(ushort.MaxValue));
    private static readonly Option<(ushort First, ushort Last)> QueueBalance = Option.Value("--queue-balance", Values.QueueRange);
    private static readonly Flag QueueBypass = Option.Flag("--queue-bypass");
    private static readonly Flag QueueCpuFanout = Option.Flag("--queue-cpu-fanout");

    public static readonly TargetModule Module = new("NFQUEUE")
    {
        Summary = "Lets a program decide about the packet.",
        Options = [QueueNum, QueueBalance, QueueBypass, QueueCpuFanout],
        Create = Read,
        Examples =
        [
            Accepts("-j NFQUEUE", prints: "-j NFQUEUE --queue-num 0"),
            Accepts("-j NFQUEUE --queue-bypass --queue-num 0x5", prints: "-j NFQUEUE --queue-num 5 --queue-bypass").In(Family.IPv6),
            Accepts("-j NFQUEUE --queue-cpu-fanout --queue-bypass --queue-balance :3", prints: "-j NFQUEUE --queue-balance 0:3 --queue-bypass --queue-cpu-fanout"),
            Accepts("-j NFQUEUE --queue-balance 3:", prints: "-j NFQUEUE --queue-balance 3:65535"),
            Rejects("-j NFQUEUE --queue-num 65536"),
            Rejects("-j NFQUEUE --queue-balance 3"),
            Rejects("-j NFQUEUE --queue-balance 3:3"),
            Rejects("-j NFQUEUE --queue-balance 0:65535"),
            Rejects("-j NFQUEUE --queue-num 3 --queue-balance 0:3"),
            Rejects("-j NFQUEUE --queue-num 3 --queue-cpu-fanout"),
            Does("-j NFQUEUE", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        if (First == Last) { writer.Write(QueueNum, $"{First}"); }
        else { writer.Write(QueueBalance, $"{First}:{Last}"); }
        if (Bypass) { writer.Write(QueueBypass); }
        if (CpuFanout) { writer.Write(QueueCpuFanout); }
    }

    private static NfqueueTarget? Read(GivenOptions given)
    {
        given.AtMostOne([QueueNum, QueueBalance], out var isAtMostOne);
        if (!isAtMostOne) { return null; }
        if (given.Has(QueueCpuFanout) && !given.Has(QueueBalance))
        {
            given.Fail(QueueCpuFanout, "`--queue-cpu-fanout` needs `--queue-balance`");
            return null;
        }

        var queue = (ushort)given.Get(QueueNum, 0u).Value;
        var (first, last) = given.Get(QueueBalance, (queue, queue)).Value;
        return new(first, last, given.Has(QueueBypass), given.Has(QueueCpuFanout));
    }
}
