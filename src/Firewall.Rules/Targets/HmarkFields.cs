namespace Firewall.Rules.Targets;

/// <summary>Fields of a packet that HMARK hashes.</summary>
[Flags]
public enum HmarkFields
{
    None = 0,
    Source = 1,
    Destination = 2,
    SourcePort = 4,
    DestinationPort = 8,
    Spi = 16,
    Protocol = 32,

    /// <summary>Not a field: the others are taken from the connection.</summary>
    Connection = 64,
}
