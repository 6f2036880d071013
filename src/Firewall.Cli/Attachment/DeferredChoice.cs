namespace Firewall.Cli.Attachment;

/// <summary>What the user wants of deferred packets: the values of <c>--deferred</c>.</summary>
internal enum DeferredChoice
{
    /// <summary>The kernel gets them if its filter table holds the same rules; else they are dropped.</summary>
    Auto,

    /// <summary>The kernel gets them, whatever it holds.</summary>
    Kernel,

    /// <summary>They are dropped.</summary>
    Drop,
}
