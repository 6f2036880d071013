using System.Diagnostics;
using Firewall.Kernel.Netfilter;
using Xunit.Abstractions;

namespace Firewall.Kernel.Tests.Oracle;

/// <summary>The rig must bear hundreds of rule sets times hundreds of packets in a test run.</summary>
public sealed class OracleSpeedTests(ITestOutputHelper output)
{
    [SkippableFact]
    public void Two_hundred_rule_sets_of_five_hundred_packets_take_seconds()
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "iptables-legacy-save");
        const int RuleSets = 200;
        const int Packets = 500;
        var frames = Enumerable.Range(0, Packets).Select(port => Frames.UdpTo(port)).ToArray();
        var whole = Stopwatch.StartNew();
        var sending = new Stopwatch();
        using var host = OracleHost.Create(AddressFamily.Ipv4);
        for (var set = 0; set < RuleSets; set++)
        {
            var rules = string.Concat(Enumerable.Range(0, 50).Select(i => $"-A INPUT -p udp --dport {(set * 7) + (i * 10)} -j DROP\n"));
            host.Load($"*filter\n:INPUT ACCEPT\n{rules}COMMIT\n");
            sending.Start();
            var passed = frames.Count(frame => host.Send(frame));
            sending.Stop();
            Assert.Equal((ulong)passed, host.Counters()[0].PolicyCount.Packets);
        }

        output.WriteLine($"{RuleSets * Packets / sending.Elapsed.TotalSeconds:N0} packets/s, {RuleSets / whole.Elapsed.TotalSeconds:N0} rule sets/s in all");
        Assert.True(whole.Elapsed < TimeSpan.FromSeconds(180), $"took {whole.Elapsed}");
    }
}
