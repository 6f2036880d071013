using CsCheck;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using static Firewall.Agreement.Tests.Generation.Texts;

namespace Firewall.Agreement.Tests.Generation;

/// <summary>The conditions that need no module, and the modules about IP that both families have.</summary>
internal static class BaseConditions
{
    private static readonly string[] Interfaces = ["eth0", "eth1", "eth+", "eth", "e+", "+", "lo", "wlan0", "eth0.5"];

    public static Gen<string> Addresses(Family family)
    {
        string[] patterns = [.. AddressPool.Of(family).Patterns];
        return Join(Sometimes(15, Option("-s", patterns)), Sometimes(15, Option("-d", patterns)));
    }

    /// <summary>A chain reached from INPUT may ask for an output interface, INPUT itself may not.</summary>
    public static Gen<string> Devices(Hook hook, bool isBuiltIn)
    {
        var input = Sometimes(12, Option("-i", Interfaces));
        return hook == Hook.Input && isBuiltIn ? input : Join(input, Sometimes(hook == Hook.Input ? 5 : 12, Option("-o", Interfaces)));
    }

    public static Gen<string> Fragment(Family family) => family == Family.IPv4 ? Sometimes(6, NegatableFlag("-f")) : Gen.Const("");

    /// <summary>Modules that ask of any packet.</summary>
    public static Gen<string> Module(Family family)
    {
        string[] ranges = [.. AddressPool.Of(family).Ranges];
        var timeToLive = family == Family.IPv4 ? "ttl" : "hl";
        return Gen.OneOf(
            OneOf("src", "dst").SelectMany(side => Option($"-m iprange --{side}-range", ranges)).Select(Fronted),
            Gen.Select(Option("--src-range", ranges), Option("--dst-range", ranges), (source, destination) => $"-m iprange {source} {destination}"),
            Option("-m mac --mac-source", "02:00:00:00:00:02", "02:00:00:00:00:98", "02:00:00:00:00:99").Select(Fronted),
            Option("-m pkttype --pkt-type", "unicast", "broadcast", "multicast").Select(Fronted),
            Option("-m length --length", "28", "40", "0:40", "41:60", "48:", "29:30", "60", "68:80", "100:50", ":65535").Select(Fronted),
            Gen.OneOf(
                Option($"-m {timeToLive} --{timeToLive}-eq", "0", "1", "63", "64", "65", "255").Select(Fronted),
                Plain($"-m {timeToLive} --{timeToLive}-lt", "0", "1", "64", "65", "255"),
                Plain($"-m {timeToLive} --{timeToLive}-gt", "0", "1", "63", "64", "254", "255")),
            Option("-m tos --tos", "0x10", "0x10/0x3f", "Minimize-Delay", "0x00", "0xb8/0xfc", "0x00/0xff", "0x1/0x2").Select(Fronted),
            Gen.OneOf(Option("-m dscp --dscp", "0x2e", "0", "10", "0x3f"), Option("-m dscp --dscp-class", "EF", "AF11", "BE", "CS1")).Select(Fronted),
            Option("-m ecn --ecn-ip-ect", "0", "1", "2", "3").Select(Fronted),
            Option("-m mark --mark", "0", "1", "0x10/0xf0", "0/0", "0xffffffff").Select(Fronted),
            Plain("-m comment --comment", "x", "\"a \\\"b\\\" c\"", "\"! -j DROP\"", "\"\""));
    }

    /// <summary><c>! -m length --length 40</c> becomes <c>-m length ! --length 40</c>.</summary>
    private static string Fronted(string option)
    {
        if (!option.StartsWith("! ", StringComparison.Ordinal)) { return option; }
        var words = option.Split(' ', 4);
        return $"{words[1]} {words[2]} ! {words[3]}";
    }
}
