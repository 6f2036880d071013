using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches the control group of the packet's socket (net/netfilter/xt_cgroup.c). A packet without a socket is not matched, not even with <c>!</c>.
/// </summary>
/// <param name="ClassId">The group's net_cls class id; null when it is given by its path.</param>
/// <param name="Path">The group's path under the root of the hierarchy.</param>
public sealed record CgroupMatch(Given<uint>? ClassId, Given<string>? Path) : Match
{
    private static readonly Option<string> PathOption = Option.Value("--path", Values.ControlGroup).Negatable();
    private static readonly Option<uint> ClassIdOption = Option.Value("--cgroup", Values.Number(uint.MaxValue)).Negatable();

    public static readonly MatchModule Module = new("cgroup")
    {
        Summary = "Matches the control group of the packet's socket.",
        Chains = ["INPUT", "OUTPUT", "POSTROUTING"],
        Options = [PathOption, ClassIdOption],
        Create = Read,
        Examples =
        [
            Accepts("-m cgroup ! --cgroup 0x10", prints: "-m cgroup ! --cgroup 16"),
            Accepts("-m cgroup --path /", prints: "-m cgroup --path \"/\""),
            Accepts("-m cgroup ! --path \"\""),
            Rejects("-m cgroup"),
            Rejects("-m cgroup --cgroup 4294967296"),
            Rejects("-m cgroup --cgroup 1 --path /"),
            Rejects("-m cgroup --cgroup 1").OnForward(),
            Misses("-p tcp -m cgroup --cgroup 1", Packet.Udp(1, 53)),
            Misses("-p udp -m cgroup --path / -m udp --dport 54", Packet.Udp(1, 53)),
            Defers("-m cgroup --cgroup 1", DeferReason.Socket, Packet.Udp(1, 53)),
            Defers("-m cgroup --path /", DeferReason.Socket, Packet.Udp6(1, 53)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(new Unknowable(DeferReason.Socket));

    public override void Print(OptionWriter writer)
    {
        if (Path is { } path) { writer.Write(PathOption, $"\"{path.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"", path.IsNegated); }
        if (ClassId is { } id) { writer.Write(ClassIdOption, $"{id.Value}", id.IsNegated); }
    }

    private static CgroupMatch? Read(GivenOptions given)
    {
        if (given.Has(PathOption) != given.Has(ClassIdOption)) { return new(given.Get(ClassIdOption), given.Get(PathOption)); }
        given.Fail(null, "exactly one of --cgroup and --path must be given");
        return null;
    }
}
