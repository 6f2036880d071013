namespace Firewall.Rules.Sets;

/// <summary>One part of an element.</summary>
public abstract record SetValue;

/// <summary>An address or a network: the host part is 0.</summary>
/// <param name="Address">In network order, of the set's family.</param>
/// <param name="Prefix">Length of the network's prefix in bits; the family's width for a single address.</param>
public sealed record NetValue(UInt128 Address, int Prefix) : SetValue;

/// <summary>A port.</summary>
/// <param name="Protocol">0 in a bitmap:port, which has none.</param>
/// <param name="Port">For ICMP type × 256 + code; 0 for protocols without ports.</param>
public sealed record PortValue(byte Protocol, ushort Port) : SetValue;

/// <summary>An Ethernet address of 48 bits; null in a bitmap:ip,mac that takes it from the first packet.</summary>
public sealed record MacValue(ulong? Address) : SetValue;

/// <summary>A device.</summary>
/// <param name="Name">At most 15 bytes.</param>
/// <param name="IsPort">Written <c>physdev:NAME</c>: a bridge port, which <c>-m set</c> never asks for.</param>
/// <param name="IsWildcard">The name is the beginning of the device's.</param>
public sealed record InterfaceValue(string Name, bool IsPort, bool IsWildcard) : SetValue;

public sealed record MarkValue(uint Mark) : SetValue;

/// <summary>A member of a list:set.</summary>
public sealed record MemberValue(string Set) : SetValue;
