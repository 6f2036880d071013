using System.Globalization;

namespace Firewall.Kernel.Probe;

/// <summary>The calling thread's effective capabilities (capabilities(7)), read from /proc/thread-self/status.</summary>
public sealed record Capabilities(ulong Bits)
{
    private const int NetAdmin = 12;
    private const int SysAdmin = 21;
    private const int PerfMon = 38;
    private const int Bpf = 39;

    /// <summary>Enough to load, attach and pin; CAP_SYS_ADMIN stands for the two newer ones (Linux 5.8).</summary>
    public bool CanLoadFirewalls => Has(NetAdmin) && (Has(SysAdmin) || (Has(Bpf) && Has(PerfMon)));

    /// <summary>The missing ones, by name.</summary>
    public IEnumerable<string> Missing
    {
        get
        {
            if (!Has(NetAdmin))
            {
                yield return "CAP_NET_ADMIN";
            }

            if (!Has(SysAdmin) && !Has(Bpf))
            {
                yield return "CAP_BPF";
            }

            if (!Has(SysAdmin) && !Has(PerfMon))
            {
                yield return "CAP_PERFMON";
            }
        }
    }

    public static Capabilities Read()
    {
        const string Effective = "CapEff:";
        var line = File.ReadLines("/proc/thread-self/status").FirstOrDefault(l => l.StartsWith(Effective, StringComparison.Ordinal));
        return new Capabilities(line is null ? 0 : ulong.Parse(line.AsSpan(Effective.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }

    private bool Has(int capability) => (Bits >> capability & 1) != 0;
}
