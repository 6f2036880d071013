using CsCheck;
using static Firewall.Agreement.Tests.Generation.Texts;

namespace Firewall.Agreement.Tests.Generation;

/// <summary>Modules that only ip6tables has.</summary>
internal static class IPv6Conditions
{
    private static readonly string[] Headers = ["hop", "dst", "route", "frag", "auth", "esp", "none", "prot"];

    public static readonly Gen<string> Module = Gen.OneOf(
        Gen.Const("-m eui64"),
        Join(
            Gen.Const("-m frag"), Sometimes(30, Option("--fragid", "0", "7", "5:10", "8:")), Sometimes(10, Option("--fraglen", "0", "8", "24")),
            Sometimes(15, Flag("--fragres")), Sometimes(30, Flag("--fragfirst")), Sometimes(50, OneOf("--fragmore", "--fraglast"))),
        Options("hbh"),
        Options("dst"),
        Gen.OneOf(
            Join(
                Gen.Const("-m rt"), Sometimes(50, Option("--rt-type", "0", "4", "2", "256")), Sometimes(40, Option("--rt-segsleft", "0", "1", "1:5", "2:")),
                Sometimes(30, Option("--rt-len", "8", "24", "40", "0", "12"))),
            Join(
                Gen.Const("-m rt --rt-type 0"), Sometimes(40, Flag("--rt-0-res")), List(2, "2001:db8::9", "2001:db8::8", "::1").Select(list => $"--rt-0-addrs {list}"),
                Sometimes(50, Flag("--rt-0-not-strict")))),
        Gen.Select(Gen.Bool, List(4, Headers), Gen.Bool, (negated, list, soft) => $"-m ipv6header {(negated ? "! " : "")}--header {list}{(soft ? " --soft" : "")}"),
        Join(
            Gen.Const("-m ah"), Sometimes(50, Option("--ahspi", "256", "100:200", "0", "5:", ":")), Sometimes(30, Option("--ahlen", "24", "12", "0")),
            Sometimes(20, Flag("--ahres"))));

    private static Gen<string> Options(string module) => Join(
        Gen.Const($"-m {module}"), Sometimes(40, Option($"--{module}-len", "8", "16", "0", "24")),
        Sometimes(60, OneOf("5:2", "1", "5", "1:4", "5:2,0", "30:2", "0", "1,5:2", "30:2,1", "194:4").Select(list => $"--{module}-opts {list}")));
}
