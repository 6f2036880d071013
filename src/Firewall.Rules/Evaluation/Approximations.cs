namespace Firewall.Rules.Evaluation;

/// <summary>What a program may take for granted although the kernel does not promise it; each must be asked for by name.</summary>
[Flags]
public enum Approximations
{
    None = 0,

    /// <summary><c>ct-window</c>: packets of known connections are not INVALID; nobody sends outside the TCP window.</summary>
    CtWindow = 1,

    /// <summary><c>ct-checksum</c>: well-formed packets are not INVALID for their checksum; a lone ACK begins a connection (<c>nf_conntrack_tcp_loose</c> is 1).</summary>
    CtChecksum = 2,
}
