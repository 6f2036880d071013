using System.Text.Json;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Tests.Oracle;

namespace Firewall.Cli.Tests.Attachment;

/// <summary>attach, counters and detach as a user runs them: each is a process that ends, and the firewall stays.</summary>
public sealed class ProcessTests
{
    [SkippableFact]
    public void A_firewall_outlives_the_process_that_attached_it_and_others_count_and_detach_it()
    {
        using var machine = new PrivateMachine();
        var attach = machine.FwcWithRules(AttachTests.NameServer, "attach", "-", "--interface", "eth0");
        Assert.Equal(0, attach.ExitCode);
        Assert.Matches(@"^eth0: INPUT of <stdin> attached \(program \d+, native mode\)\n$", attach.Output);
        Assert.Contains("  = lost: fragments of IPv4", attach.Errors, StringComparison.Ordinal);

        Assert.True(machine.Host.Lets(Frames.UdpTo(53)));
        Assert.False(machine.Host.Lets(Frames.UdpTo(54)));
        Assert.True(machine.Host.Lets(Frames.TcpTo(22)));
        Assert.False(machine.Host.Lets(Frames.UdpTo(53).AsSpan(0, 30)));

        Assert.StartsWith("error: cannot attach to eth0: fwc has attached a firewall to it already (program ", FirstLine(machine.FwcWithRules(":INPUT ACCEPT", "attach", "-", "-i", "eth0"), 7), StringComparison.Ordinal);

        using var json = JsonDocument.Parse(machine.Fwc("counters", "--interface", "eth0", "--json").Output);
        Assert.Equal(1, json.RootElement.GetProperty("fwc").GetInt32());
        var result = json.RootElement.GetProperty("result");
        var chain = result.GetProperty("families")[0].GetProperty("chains")[0];
        Assert.Equal(("INPUT", "DROP", 1), (chain.GetProperty("name").GetString(), chain.GetProperty("policy").GetString(), chain.GetProperty("packets").GetInt32()));
        var rule = chain.GetProperty("rules")[0];
        Assert.Equal(("-p udp -m udp --dport 53 -j ACCEPT", 1, 28), (rule.GetProperty("rule").GetString(), rule.GetProperty("packets").GetInt32(), rule.GetProperty("bytes").GetInt32()));
        var truncated = result.GetProperty("deferred").EnumerateArray().Single(d => d.GetProperty("reason").GetString() == "truncated");
        Assert.Equal(("drop", 1), (truncated.GetProperty("action").GetString(), truncated.GetProperty("packets").GetInt32()));

        Assert.Equal(
            """
            Chain INPUT (policy DROP 1 packets, 28 bytes)
                pkts      bytes target     prot opt in     out     source               destination         
                   1       28 ACCEPT     17   --  *      *       0.0.0.0/0            0.0.0.0/0            -m udp --dport 53
                   1       40 u          6    --  *      *       0.0.0.0/0            0.0.0.0/0           

            Chain u (1 references)
                pkts      bytes target     prot opt in     out     source               destination         
                   1       40 ACCEPT     6    --  *      *       0.0.0.0/0            0.0.0.0/0            -m tcp --dport 22

            Deferred to the kernel
                pkts      bytes reason
                   0          0 not-ip
                   0          0 dhcp

            Deferred and dropped
                pkts      bytes reason
                   0          0 no-rules-for-family
                   0          0 stack
                   0          0 fragment
                   0          0 vlan
                   0          0 out-interface
                   0          0 ttl
                   1         30 truncated
                   0          0 in-interface
                   0          0 destination

            """,
            machine.Fwc("counters", "--interface", "eth0").Output);
        Assert.Equal("eth0: INPUT of <stdin> detached\n", machine.Fwc("detach", "--interface", "eth0").Output);
        Assert.True(machine.Host.Lets(Frames.UdpTo(54)));
        Assert.Equal("error: fwc has attached no firewall to eth0 in this network namespace", FirstLine(machine.Fwc("detach", "--interface", "eth0"), 7));
        Assert.StartsWith("error: cannot open the firewall of eth0", FirstLine(machine.Fwc("counters", "--interface", "eth0"), 7), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Bad_input_has_its_exit_code_and_leaves_nothing_attached()
    {
        using var machine = new PrivateMachine();
        Assert.Contains("'--interface' is required", FirstLine(machine.FwcWithRules(":INPUT DROP", "attach", "-"), 1), StringComparison.Ordinal);
        Assert.Contains("--deferred takes auto, kernel or drop", FirstLine(machine.FwcWithRules(":INPUT DROP", "attach", "-", "-i", "eth0", "--deferred", "x"), 1), StringComparison.Ordinal);
        Assert.Contains("no network interface can be called", FirstLine(machine.FwcWithRules(":INPUT DROP", "attach", "-", "-i", "eth0/1"), 1), StringComparison.Ordinal);
        FirstLine(machine.FwcWithRules("-A INPUT -p nosuch -j DROP", "attach", "-", "-i", "eth0"), 1);
        FirstLine(machine.FwcWithRules("-A INPUT -m socket -j ACCEPT", "attach", "-", "-i", "eth0"), 4);
        Assert.Contains("no such interface", FirstLine(machine.FwcWithRules(":INPUT DROP", "attach", "-", "-i", "eth9"), 7), StringComparison.Ordinal);
        Assert.True(machine.Host.Xdp.IsEmpty);
    }

    [SkippableFact]
    public void Without_privileges_nothing_is_tried()
    {
        using var machine = new PrivateMachine();
        foreach (var command in new string[][] { ["attach", "/dev/null", "-i", "eth0"], ["detach", "-i", "eth0"], ["counters", "-i", "eth0"] })
        {
            Assert.StartsWith("error: missing CAP_NET_ADMIN, CAP_BPF, CAP_PERFMON", FirstLine(machine.UnprivilegedFwc(command), 7), StringComparison.Ordinal);
        }
    }

    private static string FirstLine(ToolOutcome outcome, int exitCode)
    {
        Assert.True(exitCode == outcome.ExitCode, $"exit code {outcome.ExitCode}: {outcome.Errors}");
        Assert.Equal("", outcome.Output);
        Assert.DoesNotContain("   at ", outcome.Errors, StringComparison.Ordinal);
        return outcome.Errors.Split('\n')[0];
    }
}
