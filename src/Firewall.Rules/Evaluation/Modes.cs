namespace Firewall.Rules.Evaluation;

/// <summary>What becomes of packets that REJECT refuses.</summary>
public enum RejectMode
{
    /// <summary>They are left to the kernel, which answers.</summary>
    Deferred,

    /// <summary>An XDP program answers; where it cannot know the answer they are left to the kernel.</summary>
    Xdp,

    /// <summary>They are dropped without an answer.</summary>
    Drop,
}

/// <summary>What becomes of packets that LOG (NFLOG, ULOG) meets.</summary>
public enum LogMode
{
    /// <summary>They are left to the kernel, which logs.</summary>
    Deferred,

    /// <summary>The program writes a record to a ring buffer, which <c>fwc log</c> reads; while nobody reads they are left to the kernel.</summary>
    Ring,
}
