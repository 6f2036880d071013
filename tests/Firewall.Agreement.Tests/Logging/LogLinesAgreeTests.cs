using System.Collections.Immutable;
using CsCheck;
using Firewall.Agreement.Tests.Generation;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Tests;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Logging;
using Firewall.Rules.Meaning;
using Firewall.Rules.Targets;
using Xunit.Abstractions;

namespace Firewall.Agreement.Tests.Logging;

/// <summary>The kernel's own LOG target writes the lines that <see cref="LogLine"/> writes, to the byte.</summary>
public sealed class LogLinesAgreeTests(ITestOutputHelper output)
{
    private static readonly ImmutableArray<(string Words, LogDetails Details)> Choices =
    [
        ("", LogDetails.None),
        ("--log-tcp-sequence", LogDetails.TcpSequence),
        ("--log-tcp-options", LogDetails.TcpOptions),
        ("--log-ip-options", LogDetails.IPOptions),
        ("--log-uid", LogDetails.User),
        ("--log-macdecode", LogDetails.DecodedMac),
        ("--log-tcp-sequence --log-tcp-options --log-ip-options --log-uid --log-macdecode",
            LogDetails.TcpSequence | LogDetails.TcpOptions | LogDetails.IPOptions | LogDetails.User | LogDetails.DecodedMac),
    ];

    [SkippableTheory]
    [InlineData(Family.IPv4, Hook.Input, "raw")]
    [InlineData(Family.IPv6, Hook.Input, "raw")]
    [InlineData(Family.IPv4, Hook.Input, "filter")]
    [InlineData(Family.IPv6, Hook.Input, "filter")]
    [InlineData(Family.IPv4, Hook.Forward, "filter")]
    [InlineData(Family.IPv6, Hook.Forward, "filter")]
    public void The_kernel_writes_the_same_lines(Family family, Hook hook, string table)
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "iptables-legacy-save", "ip6tables-legacy-restore", "ip6tables-legacy-save");
        using var host = OracleHost.Create(family == Family.IPv4 ? AddressFamily.Ipv4 : AddressFamily.Ipv6, forwarding: hook == Hook.Forward);
        using var log = KernelLog.Open();
        // Levels below 4 would be written to the console as well, which may be a slow one.
        LogOptions[] asked = [.. Choices.Select((c, i) => new LogOptions { Prefix = $"{log.Token} {i} \u00c3\u00a9: ", Level = 4 + (i & 3), Details = c.Details })];
        host.Load(Rules(table, table == "raw" ? "PREROUTING" : hook == Hook.Input ? "INPUT" : "FORWARD", asked));
        log.Read();
        var lines = 0;
        LoggedArrivals.Of(family, hook).Sample(arrival => lines += Compare(host, log, asked, arrival, table), iter: Scale.Of(300), threads: 1, print: a => a.ToString());
        output.WriteLine($"{lines} lines");
        Assert.True(lines > 500, $"only {lines} lines were written");
    }

    private static string Rules(string table, string chain, LogOptions[] asked) =>
        $"*{table}\n{string.Concat(asked.Select((o, i) => $"-A {chain} -j LOG --log-prefix \"{o.Prefix.Replace("\u00c3\u00a9", "\u00e9", StringComparison.Ordinal)}\" --log-level {o.Level} {Choices[i].Words}\n"))}COMMIT\n";

    private static int Compare(OracleHost host, KernelLog log, LogOptions[] asked, Arrival arrival, string table)
    {
        host.Send(arrival.Packet.Frame.AsSpan(), arrival.In);
        var lines = log.Read();
        var packet = new LoggedPacket(arrival.Packet.Frame.AsMemory(), arrival.In, table == "raw" ? "" : arrival.Out ?? "");
        if (lines.Count == 0) { return 0; }
        if (lines.Count > asked.Length)
        {
            // The kernel answered itself, or reassembled: only the first packet is ours.
            return 0;
        }

        for (var i = 0; i < asked.Length; i++)
        {
            Assert.Equal(asked[i].Level, lines[i].Level);
            if (asked[i].Shows(LogDetails.IPOptions) && table != "raw" && lines[i].Text.Contains(" OPT (", StringComparison.Ordinal) && arrival.Packet.Family == Family.IPv4) { continue; }
            Assert.Equal(lines[i].Text, LogLine.Of(asked[i], packet));
        }

        return asked.Length;
    }
}
