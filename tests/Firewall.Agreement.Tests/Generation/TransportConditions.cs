using CsCheck;
using Firewall.Rules.Meaning;
using static Firewall.Agreement.Tests.Generation.Texts;

namespace Firewall.Agreement.Tests.Generation;

/// <summary>Modules that need a protocol.</summary>
internal static class TransportConditions
{
    private static readonly string[] Ports =
        ["0", "22", "53", "80", "81", "1000", "65535", ":10", "65000:", "79:81", "1000:1005", ":", "0:65535", "80:80", "5:"];

    private static readonly Gen<string> Multiport = Gen.Select(
        OneOf("--sports", "--dports", "--ports"),
        Gen.Bool,
        List(5, "0", "22", "53", "80", "81", "1000", "79:81", "1000:1005", "65000:65535", "0:10"),
        (option, negated, ports) => $"-m multiport {(negated ? "! " : "")}{option} {ports}");

    private static readonly Gen<string> TcpFlags = Gen.OneOf(
        NegatableFlag("--syn"),
        Option(
            "--tcp-flags", "SYN,ACK SYN", "ALL NONE", "ALL ALL", "NONE NONE", "SYN ACK", "FIN,SYN FIN,SYN", "RST RST", "ALL FIN,PSH,URG", "ACK,PSH NONE", "PSH,URG URG"));

    /// <summary>A protocol and what comes with it: <c>-p</c>, then its modules, in an order of chance.</summary>
    public static Gen<string[]> Of(Family family) => Gen.Frequency(
        (6, With("tcp", Gen.OneOf(Tcp, Multiport, Tcp, TcpEcn))),
        (4, With("udp", Gen.OneOf(Udp("udp"), Multiport))),
        (1, With("udplite", Multiport)),
        (3, With("sctp", Gen.OneOf(Sctp, Sctp, Multiport))),
        (2, With("dccp", Gen.OneOf(Dccp, Dccp, Multiport))),
        (3, family == Family.IPv4 ? With("icmp", Icmp) : With("ipv6-icmp", Icmp6)),
        (1, With("esp", Spi("esp", "espspi"))),
        (1, family == Family.IPv4 ? With("ah", Spi("ah", "ahspi")) : With("ah", Gen.Const(""))),
        (2, OneOf("gre", "253", "58", "1", "59", "0", "255", "60", "44", "udplite", "all").Select(name => new[] { $"-p {name}" })),
        (2, OneOf("tcp", "udp", "icmp", "ipv6-icmp", "sctp", "59", "253").Select(name => new[] { $"! -p {name}" })));

    private static Gen<string> Tcp => Join(
        Gen.Const("-m tcp"), Sometimes(30, Option("--sport", Ports)), Sometimes(50, Option("--dport", Ports)), Sometimes(35, TcpFlags),
        Sometimes(20, Option("--tcp-option", "2", "3", "8", "254", "1")));

    private static Gen<string> TcpEcn => Join(
        Gen.Const("-m ecn"), NegatableFlag("--ecn-tcp-ece"), Sometimes(50, NegatableFlag("--ecn-tcp-cwr")), Sometimes(30, Option("--ecn-ip-ect", "0", "1", "3")));

    private static Gen<string> Sctp => Join(
        Udp("sctp"), Sometimes(60, Gen.Select(
            Gen.Frequency((3, ""), (1, "! ")),
            OneOf("any", "all", "only"),
            OneOf("INIT", "DATA", "INIT,DATA", "DATA:ub", "DATA:U,SACK", "DATA:UBE", "ABORT:T", "ABORT:t,DATA:e", "ALL", "NONE", "SACK,INIT_ACK,I_DATA", "PAD,ASCONF"),
            (not, kind, types) => $"{not}--chunk-types {kind} {types}")));

    private static Gen<string> Dccp => Join(
        Udp("dccp"), Sometimes(50, Option("--dccp-types", List(3, "REQUEST", "RESPONSE", "DATA", "ACK", "RESET", "INVALID", "SYNCACK"))),
        Sometimes(30, Option("--dccp-option", "1", "2", "32", "44", "255")));

    private static Gen<string> Icmp => Option(
        "--icmp-type", "8", "0", "3", "3/13", "8/0", "8/1", "any", "255", "echo-request", "11/1", "ttl-zero-during-transit", "5").Select(type => $"-m icmp {type}");

    private static Gen<string> Icmp6 => Option(
        "--icmpv6-type", "128", "129", "1", "1/4", "128/0", "3/1", "255", "echo-request", "router-advertisement", "135", "0").Select(type => $"-m icmp6 {type}");

    private static Gen<string> Udp(string module) =>
        Join(Gen.Const($"-m {module}"), Sometimes(40, Option("--sport", Ports)), Sometimes(60, Option("--dport", Ports)));

    private static Gen<string> Spi(string module, string option) =>
        Join(Gen.Const($"-m {module}"), Sometimes(70, Option($"--{option}", "100:200", "5", "0", "256:", ":", "200:100", "4294967295")));

    /// <summary>The protocol with no, one or two of its modules.</summary>
    private static Gen<string[]> With(string protocol, Gen<string> module) =>
        module.Array[0, 2].Select(modules => modules.Prepend($"-p {protocol}").Where(piece => piece.Length > 0).ToArray());
}
