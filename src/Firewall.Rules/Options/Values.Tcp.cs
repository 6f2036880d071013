namespace Firewall.Rules.Options;

/// <summary>Which TCP flags are looked at, and which of them must be set.</summary>
public readonly record struct TcpFlagTest(byte Mask, byte Compare);

public static partial class Values
{
    private static readonly string[] TcpFlagNames = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"];

    /// <summary>Two words, the mask and the flags that must be set: <c>FIN,SYN,RST,ACK SYN</c>, <c>ALL NONE</c>.</summary>
    public static readonly ValueGrammar<TcpFlagTest> TcpFlags = new("tcp-flags", 2, (words, _) =>
    {
        foreach (var word in words)
        {
            if (UnknownFlag(word) is { } unknown)
            {
                return Wrong($"`{unknown}` is not a TCP flag", "the flags are FIN SYN RST PSH ACK URG ALL NONE");
            }
        }

        return new TcpFlagTest(Flags(words[0]), Flags(words[1]));
    });

    /// <summary>The flags as iptables-save prints them.</summary>
    public static string TcpFlagText(byte flags) =>
        flags == 0 ? "NONE" : string.Join(',', TcpFlagNames.Where((_, bit) => (flags & 1 << bit) != 0));

    private static string? UnknownFlag(string list) =>
        list.Split(',', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(name => FlagBits(name) is null);

    private static byte Flags(string list) =>
        list.Split(',', StringSplitOptions.RemoveEmptyEntries).Aggregate((byte)0, (flags, name) => (byte)(flags | FlagBits(name) ?? 0));

    private static byte? FlagBits(string name) => name.ToUpperInvariant() switch
    {
        "ALL" => 0x3f,
        "NONE" => 0,
        var flag => Array.IndexOf(TcpFlagNames, flag) is >= 0 and var bit ? (byte)(1 << bit) : null,
    };
}
