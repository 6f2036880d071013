namespace Firewall.Rules.Targets;

/// <summary>
/// What LOG, NFLOG and ULOG say about a packet that they log. Equal options write equal lines, so that rules can share them.
/// </summary>
public sealed record LogOptions
{
    /// <summary>Bytes of a LOG prefix: <c>prefix[30]</c> in <c>struct xt_log_info</c> (include/uapi/linux/netfilter/xt_LOG.h), less its terminator.</summary>
    public const int LongestPrefix = 29;

    /// <summary>Bytes of an NFLOG prefix: <c>prefix[64]</c> in <c>struct xt_nflog_info</c> (xt_NFLOG.h), less its terminator.</summary>
    public const int LongestNetlinkPrefix = 63;

    /// <summary>Warning: what <c>-j LOG</c> without <c>--log-level</c> logs at.</summary>
    public const int DefaultLevel = 4;

    /// <summary>Stands right before the line, without a blank of its own.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Syslog severity, 0 (emerg) to 7 (debug). NFLOG and ULOG have none.</summary>
    public int Level { get; init; } = DefaultLevel;

    public LogDetails Details { get; init; }

    /// <summary>Where NFLOG and ULOG send the packet; null for LOG.</summary>
    public NetlinkLog? Netlink { get; init; }

    /// <summary>Whether the line is asked to show something.</summary>
    public bool Shows(LogDetails detail) => (Details & detail) == detail;
}

/// <summary>What a line shows beyond its usual content; the values are the kernel's NF_LOG_* (include/uapi/linux/netfilter/nf_log.h).</summary>
[Flags]
public enum LogDetails
{
    None = 0,

    /// <summary><c>--log-tcp-sequence</c>: SEQ= and ACK=.</summary>
    TcpSequence = 0x01,

    /// <summary><c>--log-tcp-options</c>: the options of the TCP header in hexadecimal digits.</summary>
    TcpOptions = 0x02,

    /// <summary><c>--log-ip-options</c>: the options of the IPv4 header; for IPv6 what stands in some extension headers.</summary>
    IPOptions = 0x04,

    /// <summary>
    /// <c>--log-uid</c>: UID= and GID= of the socket's owner. In INPUT a packet has a socket when early demultiplexing found it: established TCP, connected UDP.
    /// </summary>
    User = 0x08,

    /// <summary><c>--log-macdecode</c>: MACSRC=, MACDST= and MACPROTO= instead of MAC=.</summary>
    DecodedMac = 0x20,
}

/// <summary>The part of NFLOG and ULOG that concerns the netlink socket.</summary>
/// <param name="Group">NFLOG: 0 to 65535; ULOG: 1 to 32.</param>
/// <param name="Size">Bytes of the packet that are copied (<c>--nflog-size</c>, <c>--ulog-cprange</c>); null for all that the listener wants.</param>
/// <param name="Threshold">Packets that are collected before they are sent (<c>--nflog-threshold</c>, <c>--ulog-qthreshold</c>); 0 for the listener's choice.</param>
public sealed record NetlinkLog(int Group, uint? Size = null, int Threshold = 0);
