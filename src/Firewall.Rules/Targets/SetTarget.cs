using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j SET</c>: adds the packet to an IP set, removes it, or takes marks from one (net/netfilter/xt_set.c, <c>set_target_v3</c>).</summary>
/// <param name="Add">Where the packet is added; null for nowhere.</param>
/// <param name="Refresh">The entry's time begins anew when it exists.</param>
/// <param name="Timeout">Seconds that the entry lives; null for the set's own.</param>
/// <param name="Delete">Where it is removed.</param>
/// <param name="Map">Where marks are looked up.</param>
/// <param name="MapMark">The packet takes the entry's mark.</param>
/// <param name="MapPriority">The packet takes the entry's priority.</param>
/// <param name="MapQueue">The packet takes the entry's hardware queue.</param>
public sealed record SetTarget(
    SetReference? Add, bool Refresh, uint? Timeout, SetReference? Delete, SetReference? Map, bool MapMark, bool MapPriority, bool MapQueue) : ModuleTarget
{
    private static readonly Option<SetReference> AddSet = Option.Value("--add-set", Values.SetReference);
    private static readonly Option<SetReference> DeleteSet = Option.Value("--del-set", Values.SetReference);
    private static readonly Option<SetReference> MapSet = Option.Value("--map-set", Values.SetReference);
    private static readonly Flag Exist = Option.Flag("--exist").Repeatable();
    private static readonly Option<uint> TimeoutOption = Option.Value("--timeout", Values.Number(uint.MaxValue - 1)).Repeatable();
    private static readonly Flag MapMarkFlag = Option.Flag("--map-mark").Repeatable();
    private static readonly Flag MapPriorityFlag = Option.Flag("--map-prio").Repeatable();
    private static readonly Flag MapQueueFlag = Option.Flag("--map-queue").Repeatable();

    public static readonly TargetModule Module = new("SET")
    {
        Summary = "Adds the packet's addresses or ports to IP sets, removes them, or takes marks from a set.",
        Options = [AddSet, DeleteSet, MapSet, Exist, TimeoutOption, MapMarkFlag, MapPriorityFlag, MapQueueFlag],
        Create = Read,
        Examples =
        [
            Accepts("-j SET --add-set guests src"),
            Accepts("-j SET --exist --timeout 0x10 --add-set guests src,dst", prints: "-j SET --add-set guests src,dst --exist --timeout 16"),
            Accepts("-j SET --add-set guests src --timeout 5 --timeout 0", prints: "-j SET --add-set guests src --timeout 0"),
            Accepts("-j SET --del-set guests6 dst --add-set guests6 src", prints: "-j SET --add-set guests6 src --del-set guests6 dst").In(Family.IPv6),
            Accepts("-j SET --map-queue --map-prio --map-set marks src --map-mark", prints: "-j SET --map-set marks src --map-mark --map-prio --map-queue").At("mangle", "FORWARD"),
            Accepts("-j SET --map-set marks src --map-mark").At("mangle", "INPUT"),
            Accepts("-j SET --add-set guests src --exist --timeout 5 --del-set guests dst --map-set marks src --map-mark").At("mangle", "INPUT"),
            Rejects("-j SET"),
            Rejects("-j SET --add-set guests"),
            Rejects("-j SET --add-set guests SRC"),
            Rejects("-j SET --add-set guests src,"),
            Rejects("-j SET --add-set guests src,src,src,src,src,src,src"),
            Rejects("-j SET --add-set guests src --add-set guests dst"),
            Rejects("-j SET --del-set guests src --exist"),
            Rejects("-j SET --add-set guests src --timeout 4294967295"),
            Rejects("-j SET --add-set guests src --map-mark"),
            Rejects("-j SET --map-set marks src").At("mangle", "INPUT"),
            Rejects("-j SET --map-set marks src --map-mark").At("filter", "INPUT"),
            Rejects("-j SET --map-set marks src --map-prio").At("mangle", "INPUT"),
            Rejects("-j SET --add-set 01234567890123456789012345678901 src"),
            Does("-j SET --add-set guests src", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override ImmutableArray<string> Tables => Map is null ? [] : ["mangle"];

    public override ImmutableArray<string> Chains => MapPriority || MapQueue ? ["FORWARD", "OUTPUT", "POSTROUTING"] : [];

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        if (Add is { } add) { writer.Write(AddSet, $"{add}"); }
        if (Refresh) { writer.Write(Exist); }
        if (Timeout is { } timeout) { writer.Write(TimeoutOption, $"{timeout}"); }
        if (Delete is { } delete) { writer.Write(DeleteSet, $"{delete}"); }
        if (Map is { } map) { writer.Write(MapSet, $"{map}"); }
        if (MapMark) { writer.Write(MapMarkFlag); }
        if (MapPriority) { writer.Write(MapPriorityFlag); }
        if (MapQueue) { writer.Write(MapQueueFlag); }
    }

    private static SetTarget? Read(GivenOptions given)
    {
        if (!given.Has(AddSet) && !given.Has(DeleteSet) && !given.Has(MapSet)) { given.Fail(null, "one of --add-set, --del-set and --map-set is missing"); }
        foreach (var option in given.Uses.Select(u => u.Option))
        {
            var isOfAdd = ReferenceEquals(option, Exist) || ReferenceEquals(option, TimeoutOption);
            var isOfMap = ReferenceEquals(option, MapMarkFlag) || ReferenceEquals(option, MapPriorityFlag) || ReferenceEquals(option, MapQueueFlag);
            if (isOfAdd && !given.Has(AddSet)) { given.Fail(option, $"`{option.Name}` means something with --add-set only"); }
            if (isOfMap && !given.Has(MapSet)) { given.Fail(option, $"`{option.Name}` means something with --map-set only"); }
        }

        var target = new SetTarget(given.Get(AddSet)?.Value, given.Has(Exist), given.Has(TimeoutOption) ? given.All(TimeoutOption).LastOrDefault().Value : null,
            given.Get(DeleteSet)?.Value, given.Get(MapSet)?.Value, given.Has(MapMarkFlag), given.Has(MapPriorityFlag), given.Has(MapQueueFlag));
        if (given.Has(MapSet) && target is { MapMark: false, MapPriority: false, MapQueue: false })
        {
            given.Fail(MapSet, "--map-set takes nothing without --map-mark, --map-prio or --map-queue");
        }

        return given.Errors.Count > 0 ? null : target;
    }
}
