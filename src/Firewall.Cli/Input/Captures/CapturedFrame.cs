namespace Firewall.Cli.Input.Captures;

/// <summary>A packet of a capture.</summary>
/// <param name="Index">From 0.</param>
/// <param name="Bytes">An Ethernet frame; captures without link headers are given one.</param>
/// <param name="IsCut">Whether the packet was longer than what was captured.</param>
internal sealed record CapturedFrame(int Index, ReadOnlyMemory<byte> Bytes, bool IsCut);
