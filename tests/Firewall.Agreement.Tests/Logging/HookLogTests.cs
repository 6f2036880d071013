using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using CsCheck;
using Firewall.Kernel.Probe;
using Firewall.Kernel.Tests;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Kernel.Tests.Rig;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;
using Xunit.Abstractions;

namespace Firewall.Agreement.Tests.Logging;

/// <summary>A program at a netfilter hook, and right behind it iptables with the same rules: both log the same lines of the same packet.</summary>
public sealed class HookLogTests(ITestOutputHelper output)
{
    private const int Port = 4310;
    private const int ClosedPort = 4311;
    private const int StrangerPort = 4312;

    private static readonly string[] Choices =
    [
        "--log-level 4", "--log-level 5 --log-tcp-sequence --log-tcp-options --log-ip-options --log-uid --log-macdecode", "--log-level 7 --log-uid --log-ip-options",
    ];

    [SkippableTheory]
    [InlineData(Family.IPv4, Hook.Input)]
    [InlineData(Family.IPv6, Hook.Input)]
    [InlineData(Family.IPv4, Hook.Forward)]
    [InlineData(Family.IPv6, Hook.Forward)]
    public void Random_packets_are_logged_as_the_kernel_logs_them(Family family, Hook hook)
    {
        Demand();
        using var host = OracleHost.Create(family == Family.IPv4 ? Kernel.Netfilter.AddressFamily.Ipv4 : Kernel.Netfilter.AddressFamily.Ipv6, forwarding: hook == Hook.Forward);
        using var log = KernelLog.Open();
        var rules = Rules(log, hook);
        host.Load(rules);
        using var program = new LoggingHook(host.Namespace, rules, family, hook);
        log.Read();
        var lines = 0;
        LoggedArrivals.Of(family, hook).Sample(
            arrival =>
            {
                program.Beat();
                var before = program.Deferred;
                host.Send(arrival.Packet.Frame.AsSpan(), arrival.In);
                var ours = program.Read();
                if (program.Deferred > before)
                {
                    // More than the program copies, and the headers lie elsewhere.
                    Assert.Empty(ours);
                    Assert.True(arrival.Packet.Frame.Length > 1536, arrival.ToString());
                }

                var theirs = log.Read();
                if (program.Deferred == before) { Assert.Equal(theirs, ours); }
                lines += ours.Count;
            },
            iter: Scale.Of(300),
            threads: 1,
            print: a => a.ToString());
        output.WriteLine($"{lines} lines, {program.Deferred} packets deferred");
        Assert.Empty(program.Others);
        Assert.True(lines > 300, $"only {lines} lines were written");
    }

    [SkippableTheory]
    [InlineData(Family.IPv4, Hook.Input)]
    [InlineData(Family.IPv6, Hook.Input)]
    [InlineData(Family.IPv4, Hook.Output)]
    [InlineData(Family.IPv6, Hook.Output)]
    public void What_sockets_send_is_logged_with_owner_and_mark(Family family, Hook hook)
    {
        Demand();
        KernelRequired.Tools("setpriv", "bash");
        var ipv6 = family == Family.IPv6;
        using var host = new LoopbackHost();
        using var log = KernelLog.Open();
        var rules = Rules(log, hook);
        host.Restore($"*mangle\n-A OUTPUT -p udp --dport {Port} -j MARK --set-mark 0xabc\nCOMMIT\n{rules}", ipv6);
        using var program = new LoggingHook(host.Namespace, rules, family, hook);
        log.Read();
        program.Beat();
        host.Namespace.Run(() => Talk(ipv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback));
        var theirs = log.Read();
        var ours = program.Read();
        Assert.Equal(theirs.Select(l => l.Text).Order(StringComparer.Ordinal), ours.Select(l => l.Text).Order(StringComparer.Ordinal));
        Assert.Equal(0UL, program.Deferred);
        Assert.Empty(program.Others);
        Assert.Contains(ours, l => l.Text.Contains("MARK=0xabc ", StringComparison.Ordinal));
        if (hook == Hook.Input) { return; }
        Assert.Contains(ours, l => l.Text.Contains("UID=0 GID=0 ", StringComparison.Ordinal));
        Assert.Contains(ours, l => l.Text.Contains($"DPT={StrangerPort} LEN=9 UID=1234 GID=4321 ", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData(Hook.Input)]
    [InlineData(Hook.Output)]
    public void A_packet_whose_headers_may_lie_behind_what_is_copied_is_left_to_the_kernel(Hook hook)
    {
        Demand();
        using var host = new LoopbackHost();
        using var log = KernelLog.Open();
        var rules = Rules(log, hook);
        host.Restore(rules, ipv6: true);
        using var program = new LoggingHook(host.Namespace, rules, Family.IPv6, hook);
        log.Read();
        foreach (var (length, isLogged) in new[] { (1400, true), (1536 - 14 - 40, true), (1537 - 14 - 40, false), (3000, false) })
        {
            program.Beat();
            var before = program.Deferred;
            host.Namespace.Run(() =>
            {
                using var raw = new Socket(System.Net.Sockets.AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.IcmpV6);

                // An echo reply, which nothing answers.
                byte[] reply = [129, 0, 0, 0, 0, 1, 0, 2, .. new byte[length - 8]];
                raw.SendTo(reply, new IPEndPoint(IPAddress.IPv6Loopback, 0));
                Thread.Sleep(50);
            });
            var theirs = log.Read();
            Assert.Equal(Choices.Length, theirs.Count);
            Assert.Equal(isLogged ? theirs : [], program.Read());
            Assert.Equal(isLogged ? 0UL : 1UL, program.Deferred - before);
        }
    }

    [SkippableFact]
    public void Devices_without_a_link_header_have_no_addresses_in_the_line()
    {
        Demand();
        using var host = new LoopbackHost();
        using var log = KernelLog.Open();
        var rules = Rules(log, Hook.Input);
        using var device = host.Namespace.Run(() =>
        {
            var made = new TapDevice("tun0", hasLinkHeader: false);
            IpCommand.Batch("link set tun0 up\naddr add 10.9.0.1/24 dev tun0\n");
            return made;
        });
        host.Restore(rules);
        using var program = new LoggingHook(host.Namespace, rules, Family.IPv4, Hook.Input);
        log.Read();
        program.Beat();
        device.Write(Packet.Tcp(1000, 22).From("10.9.0.2").To("10.9.0.1").Frame.AsSpan()[14..]);
        var theirs = log.Read();
        Assert.Equal(theirs, program.Read());
        Assert.Contains(theirs, l => l.Text.Contains("IN=tun0 OUT= MAC= SRC=10.9.0.2 ", StringComparison.Ordinal));
        Assert.Equal(0UL, program.Deferred);
    }

    private static string Rules(KernelLog log, Hook hook) =>
        $"*filter\n:{hook.ChainName()} ACCEPT [0:0]\n{string.Concat(Choices.Select((c, i) => $"-A {hook.ChainName()} -j LOG --log-prefix \"{log.Token} {i}: \" {c}\n"))}COMMIT\n";

    private static void Demand()
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "iptables-legacy-save", "ip6tables-legacy-restore", "ip6tables-legacy-save");
        var feature = KernelFeatures.Read().Netfilter;
        Skip.IfNot(feature.IsAvailable, feature.Reason);
    }

    /// <summary>Datagrams short and long (the last longer than the program's copy), one that is refused, one of another user, and a connection.</summary>
    private static void Talk(IPAddress address)
    {
        using var receiver = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        using var sender = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        receiver.Bind(new IPEndPoint(address, Port));
        foreach (var length in new[] { 0, 20, 1000, 1400, 5000 }) { sender.SendTo(new byte[length], new IPEndPoint(address, Port)); }
        sender.SendTo(new byte[2000], new IPEndPoint(address, ClosedPort));
        using var stranger = Process.Start("setpriv", ["--reuid", "1234", "--regid", "4321", "--clear-groups", "bash", "-c", $"echo > /dev/udp/{address}/{StrangerPort}"]);
        stranger.WaitForExit();

        using var server = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(address, 0));
        server.Listen();
        using (var client = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp))
        {
            client.Connect(server.LocalEndPoint!);
            using var accepted = server.Accept();
            client.Send(new byte[40_000]);
            accepted.Receive(new byte[100]);
        }

        Thread.Sleep(200);
    }
}
