using Firewall.Rules.Packets;

namespace Firewall.Agreement.Tests.Generation;

/// <summary>A frame and the interfaces it comes in by and would leave by.</summary>
/// <param name="Out">The interface its destination is routed to; null for a destination of the host's own.</param>
internal sealed record Arrival(Packet Packet, string In, string? Out)
{
    public override string ToString() => $"{Packet} by {In}{(Out is null ? "" : $" to {Out}")}";
}
