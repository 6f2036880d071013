namespace Firewall.Kernel.Probe;

/// <summary>Whether the kernel has something, and how we know.</summary>
public sealed record Feature(bool IsAvailable, string Reason);
