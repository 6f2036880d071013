using Firewall.Rules.Evaluation;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Compiler.Placement;

/// <summary>
/// Whether a rule would see what XDP answers to refused packets. The kernel's own answers pass OUTPUT and POSTROUTING; ours leave by the driver, so where a rule stands there REJECT is left to
/// the kernel.
/// </summary>
internal static class Replies
{
    private static readonly string[] Chains = ["OUTPUT", "POSTROUTING"];

    public static bool AreSeen(PlanRequest request) => request.Options.Reject == RejectMode.Xdp && request.Policies.Any(Sees);

    private static bool Sees(Policy policy) => policy.Tables.SelectMany(t => t.Chains).Any(c => Chains.Contains(c.Name) && (c.Rules.Length > 0 || c.Policy == Verdict.Drop));
}
