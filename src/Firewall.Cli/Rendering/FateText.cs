using Firewall.Compiler;
using Firewall.Compiler.Placement;

namespace Firewall.Cli.Rendering;

/// <summary>Fates and places in words.</summary>
internal static class FateText
{
    public static string Of(Hooks hooks) => hooks switch
    {
        Hooks.Xdp => "XDP",
        Hooks.Netfilter => "netfilter",
        Hooks.Both => "XDP and netfilter",
        _ => "iptables",
    };

    public static string Of(ProgramKind program) => program == ProgramKind.Xdp ? "xdp" : "netfilter";

    /// <summary>As JSON spells it. A rule that no packet meets is compiled: nothing is missing.</summary>
    public static string Of(Fate fate) => fate switch
    {
        Fate.Partial => "partial",
        Fate.Deferred => "deferred",
        _ => "compiled",
    };

    /// <summary>Why packets that meet the rule are left to iptables.</summary>
    public static string ReasonOf(LineFate line) => line.Reason?.Why() ?? line.Note ?? "";
}
