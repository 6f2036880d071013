using Firewall.Bpf.Isa;
using Firewall.Rules.Meaning;

namespace Firewall.Compiler.CodeGeneration.Netfilter;

/// <summary>Members of <c>struct nf_conn</c> (include/net/netfilter/nf_conntrack.h) and of its two tuples (nf_conntrack_tuple.h).</summary>
internal static class ConnectionFields
{
    /// <summary>An unsigned long, of which the low half is in use.</summary>
    public static readonly KernelField Status = KernelField.Number("nf_conn", "status", 8);

    public static readonly KernelField Mark = KernelField.Number("nf_conn", "mark", 4);

    public static readonly KernelField Protocol = KernelField.Number("nf_conn", "tuplehash[0].tuple.dst.protonum", 1);

    /// <summary>An address (a union for both families) or a port of one of the tuples.</summary>
    public static KernelField Of(FieldKind kind) => kind switch
    {
        FieldKind.TrackOriginalSource => Address(0, "src"),
        FieldKind.TrackOriginalDestination => Address(0, "dst"),
        FieldKind.TrackReplySource => Address(1, "src"),
        FieldKind.TrackReplyDestination => Address(1, "dst"),
        FieldKind.TrackOriginalSourcePort => Port(0, "src"),
        FieldKind.TrackOriginalDestinationPort => Port(0, "dst"),
        FieldKind.TrackReplySourcePort => Port(1, "src"),
        FieldKind.TrackReplyDestinationPort => Port(1, "dst"),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static KernelField Address(int direction, string end) => KernelField.Inner("nf_conn", $"tuplehash[{direction}].tuple.{end}.u3");

    private static KernelField Port(int direction, string end) => KernelField.Number("nf_conn", $"tuplehash[{direction}].tuple.{end}.u.all", 2);
}
