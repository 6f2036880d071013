namespace Firewall.Kernel.Netfilter;

public enum AddressFamily
{
    Ipv4 = 4,
    Ipv6 = 6,
}

/// <summary>The two ways in which iptables keeps its tables in the kernel.</summary>
public enum Backend
{
    /// <summary>ip_tables, ip6_tables.</summary>
    Legacy,

    /// <summary>nf_tables.</summary>
    Nft,
}

/// <summary>
/// The text of tables that are installed in the calling thread's network namespace. Looking must not change anything: asking
/// iptables for a table that is not there would create it, or load the module that does.
/// </summary>
public static class InstalledTables
{
    private const string Filter = "filter";

    /// <summary>
    /// The filter table as the backend's own save tool prints it, without comments or other tables, one char for each byte (Latin-1); null
    /// when the tool is not installed or the table is not there.
    /// </summary>
    /// <exception cref="Errors.KernelException">The tool failed.</exception>
    public static string? FilterTable(AddressFamily family, Backend backend) =>
        backend == Backend.Legacy && !IsListed(family) ? null
        : SystemTool.Find(ToolFor(family, backend)) is not { } tool ? null
        : backend == Backend.Legacy ? CutOut(tool.Run("-t", Filter), Filter)
        : CutOut(tool.Run(), Filter);

    /// <summary>The table's part of an iptables-save text, from "*filter" to "COMMIT"; null when it has none.</summary>
    internal static string? CutOut(string saved, string table)
    {
        var lines = saved.Split('\n')
            .SkipWhile(line => line != $"*{table}")
            .TakeWhile(line => line != "COMMIT")
            .Where(line => !line.StartsWith('#'))
            .ToArray();
        return lines.Length == 0 ? null : string.Join('\n', lines) + "\nCOMMIT\n";
    }

    /// <summary>The legacy tables that exist are listed by name, one a line (xt_table_seq_show in net/netfilter/x_tables.c).</summary>
    private static bool IsListed(AddressFamily family)
    {
        var list = $"/proc/thread-self/net/{(family == AddressFamily.Ipv4 ? "ip_tables_names" : "ip6_tables_names")}";
        return File.Exists(list) && File.ReadLines(list).Contains(Filter);
    }

    private static string ToolFor(AddressFamily family, Backend backend) =>
        $"{(family == AddressFamily.Ipv4 ? "iptables" : "ip6tables")}-{(backend == Backend.Legacy ? "legacy" : "nft")}-save";
}
