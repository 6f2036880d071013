namespace Firewall.Rules.Meaning;

/// <summary>The address family a rule set is written for; iptables and ip6tables rules never see the other family's packets.</summary>
public enum Family
{
    IPv4 = 4,
    IPv6 = 6,
}

/// <summary>Facts that follow from the family alone.</summary>
public static class FamilyFacts
{
    /// <summary>Width of an address in bits.</summary>
    public static int AddressBits(this Family family) => family == Family.IPv4 ? 32 : 128;

    /// <summary>The EtherType that carries the family (RFC 894, RFC 2464).</summary>
    public static ushort EtherType(this Family family) => family == Family.IPv4 ? (ushort)0x0800 : (ushort)0x86DD;
}
