using System.Collections.Immutable;
using System.Globalization;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Objects;
using Firewall.Compiler.CodeGeneration.Netfilter;
using Firewall.Compiler.Lowering;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Targets;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// The linear back end: every rule is asked in order. It is the reference that later back ends are measured against, and the fallback when they
/// exceed a budget.
/// </summary>
public static class LinearGenerator
{
    /// <summary>Name of the program that packets enter.</summary>
    public const string Entry = "fwc";

    /// <summary>Compiles the rules, which placement has checked.</summary>
    /// <exception cref="BudgetExceededException">More than the kernel's limits allow.</exception>
    public static CompiledFirewall Generate(HostRules rules, CompileOptions options, Budgets? budgets = null)
    {
        CheckSize(rules);
        options = AtHook(options);
        var counters = new CounterLayout(rules);
        var bases = new LinearLowering(rules, counters, options).LowerAll();
        var partition = new Partition(bases, budgets ?? Budgets.Default);

        var scratch = new Scratch();
        var interfaces = new InterfacePatterns();
        var slots = bases.GroupBy(b => b.Family).ToDictionary(b => b.Key, b => new FieldSlots(scratch, interfaces, b.Key, b.SelectMany(Guards), RouteFields(rules)));
        interfaces.Allocate(scratch, routes: rules.Hook == Hook.Prerouting);
        var access = PacketAccess.Of(options.Program, rules.Hook, scratch);
        var context = new PartContext(slots, interfaces, new SearchFunctions(options.Hertz, access), scratch.Allocate(4 * partition.Levels), options, new Course(rules, partition.Bases), new LogRing(access), new RejectFunctions());
        var accounting = new Accounting(counters.Entries.Length, DeferReasonNames.Count);
        var scratchMap = scratch.Seal(options.Program == ProgramKind.Xdp ? 0 : CopiedPacket.SizeFor(bases.SelectMany(Guards)));

        var risks = Risks(bases);
        var programs = new Programs(context, partition, accounting, risks, rules).Build();
        var maps = ImmutableArray.CreateBuilder<MapSpec>();
        maps.Add(scratchMap);
        maps.AddRange(accounting.Maps);
        if (!access.HasInterfaceMap) { interfaces = new InterfacePatterns(); }
        if (!interfaces.IsEmpty) { maps.Add(interfaces.Map); }
        maps.AddRange(HostMaps(rules, options, context.Course));
        if (partition.PartCount > 1)
        {
            maps.Add(PartContext.Parts with { MaxEntries = partition.PartCount, InitialPrograms = [.. programs.Skip(1).Where(p => p.Kind == FunctionKind.Program).Select(p => p.Name)] });
        }

        ImmutableArray<BpfFunction> shared =
        [
            .. accounting.Build(scratch.Log), .. context.Searches.Build(), .. AsksTracking(bases, options) ? [Tracking.Build(options)] : Array.Empty<BpfFunction>(),
            .. context.Rejects.Build(), .. context.Logs.IsEmpty ? [] : context.Logs.Build(),
        ];
        maps.AddRange(context.Searches.Memory.Maps.Select(m => SetTables.Fill(m, context.Searches.Memory.Layout, options)));
        if (!context.Rejects.IsEmpty) { maps.AddRange(RejectMaps.All); }
        if (!context.Logs.IsEmpty) { maps.AddRange(context.Logs.Maps); }
        var bpf = new BpfObject(Entry, maps.ToImmutable(), [.. programs, .. shared]) { Type = access.Type };
        return new CompiledFirewall(bpf, rules, counters, interfaces, options, partition.PartCount, partition.LongestTailCalls) { Memory = context.Searches.Memory.Layout };
    }

    /// <summary>At a netfilter hook come the packets of every device, and only those that are the chain's.</summary>
    private static CompileOptions AtHook(CompileOptions options) => options.Program == ProgramKind.Xdp ? options : options with
    {
        Interface = null,
        OutInterface = null,
        DestinationsIPv4 = DestinationScope.Any,
        DestinationsIPv6 = DestinationScope.Any,
        HostMac = [],
        PassDhcp = false,
    };

    /// <summary>Why a packet may be deferred in the middle of a walk, other than for its own form or its device.</summary>
    private static ImmutableArray<DeferReason> Risks(IEnumerable<LinearChain> bases) =>
        [.. bases.SelectMany(RulesOf).SelectMany(r => r.Guard.Doubts.Where(d => d is not (DeviceDoubt or OutDeviceDoubt)).Select(d => d.Reason).Concat(WhyDeferred(r.Effect))).Distinct()];

    private static IEnumerable<DeferReason> WhyDeferred(Effect effect) => effect switch
    {
        DeferFor defer => [defer.Reason],
        Refuse => [DeferReason.Reject],
        WriteLog => [DeferReason.Log],
        _ => [],
    };

    private static bool AsksTracking(ImmutableArray<LinearChain> bases, CompileOptions options) => options.Program == ProgramKind.Xdp
        && (options.TracksConnections || bases.Any(b => b.Station.Table == "nat") || bases.SelectMany(Guards).SelectMany(g => g.Stages).Any(s => s.AsksTracking));

    private static IEnumerable<LoweredGuard> Guards(LinearChain root) => RulesOf(root).Select(r => r.Guard);

    private static IEnumerable<LinearRule> RulesOf(LinearChain root)
    {
        var (seen, open) = (new HashSet<LinearChain> { root }, new Stack<LinearChain>([root]));
        while (open.TryPop(out var chain))
        {
            foreach (var rule in chain.Rules)
            {
                yield return rule;
                if (rule.Callee is { } callee && seen.Add(callee)) { open.Push(callee); }
            }
        }
    }

    /// <summary>A family without rules defers every packet, wherever it goes.</summary>
    private static IEnumerable<MapSpec> HostMaps(HostRules rules, CompileOptions options, Course course) => rules.Families
        .Where(f => course.Routes(f) || (options.DestinationsOf(f) == DestinationScope.HostAddresses && rules.Hook != Hook.Prerouting))
        .Select(HostAddressMaps.For);

    /// <summary>Routing asks for a mark that rules may set.</summary>
    private static Field[] RouteFields(HostRules rules) =>
        rules.Hook == Hook.Prerouting && rules.Graphs.SelectMany(g => g.Chains).SelectMany(c => c.Rules).Any(r => r.Target.Effect is SetMark) ? [Field.Mark] : [];

    private static void CheckSize(HostRules rules)
    {
        foreach (var graph in rules.Graphs)
        {
            foreach (var chain in graph.Chains.Where(c => c.Rules.Length > Budgets.MostRulesPerChain))
            {
                throw new BudgetExceededException($"chain {chain.Name}", chain.Rules.Length, Budgets.MostRulesPerChain, "rules");
            }
        }

        var total = rules.Graphs.Sum(g => g.RuleCount);
        if (total > Budgets.MostRules) { throw new BudgetExceededException($"chains reachable from {rules.Hook.ChainName()}", total, Budgets.MostRules, "rules"); }
    }

    /// <summary>The parser with the only part, or the parser and one program per part; and what their <see cref="Rounds"/> need.</summary>
    private sealed class Programs(PartContext context, Partition partition, Accounting accounting, ImmutableArray<DeferReason> risks, HostRules rules)
    {
        /// <summary>A program, and the function its rules stand in: itself, or the one that makes rounds.</summary>
        private sealed record Part(Assembler Program, PartTails ProgramTails, Assembler Walk, PartTails Tails, PartEmitter Emitter, Rounds? Rounds);

        private readonly List<Part> _parts = [];

        public ImmutableArray<BpfFunction> Build()
        {
            var isSingle = partition.PartCount == 1;
            for (var part = 0; part < partition.PartCount; part++)
            {
                _parts.Add(NewPart(part, isSingle ? Entry : string.Create(CultureInfo.InvariantCulture, $"{Entry}_{part}")));
            }

            // A parser of its own transfers to the parts as they transfer to each other.
            var first = _parts[0];
            var parser = !isSingle ? NewParser(NewProgram(Entry))
                : first.Rounds is null ? (Asm: first.Program, first.Tails, first.Emitter)
                : NewParser(first.Program, first.ProgramTails);
            EmitParser(parser);
            var dispatches = _parts.ConvertAll(p => p.Walk.NewLabel("entries"));
            for (var part = 0; part < _parts.Count; part++)
            {
                if (!isSingle || _parts[part].Rounds is not null) { EmitStart(_parts[part].Walk, _parts[part].Tails, dispatches[part]); }
                _parts[part].Emitter.Emit(partition.InPart(part));
            }

            EmitTransfers(parser, isSingle);
            for (var part = 0; part < _parts.Count; part++)
            {
                if (isSingle && _parts[part].Rounds is null) { continue; }
                _parts[part].Walk.Mark(dispatches[part]);
                _parts[part].Emitter.EmitEntryDispatch();
            }

            IEnumerable<BpfFunction> own = isSingle ? [] : [Finish(parser.Asm, parser.Tails)];
            return [.. own, .. _parts.Select(p => Finish(p.Program, p.ProgramTails)), .. _parts.Where(p => p.Rounds is not null).SelectMany(WalkOf)];
        }

        private static BpfFunction[] WalkOf(Part part) => [Finish(part.Walk, part.Tails), part.Rounds!.BuildCallback()];

        private static Assembler NewProgram(string name) => new(name, FunctionKind.Program);

        private PartTails NewTails(Assembler asm) => new(asm, accounting, context.Options, risks, context.Searches.Access, context.Rejects);

        private Part NewPart(int number, string name)
        {
            var program = NewProgram(name);
            var programTails = NewTails(program);
            if (!partition.NeedsRounds(number))
            {
                return new Part(program, programTails, program, programTails, new PartEmitter(context, number, program, programTails, inRounds: false), Rounds: null);
            }

            var rounds = new Rounds(number);
            var walk = new Assembler(rounds.WalkName, FunctionKind.Global);
            var tails = NewTails(walk);
            return new Part(program, programTails, walk, tails, new PartEmitter(context, number, walk, tails, inRounds: true), rounds);
        }

        private (Assembler Asm, PartTails Tails, PartEmitter Emitter) NewParser(Assembler asm, PartTails? tails = null)
        {
            tails ??= NewTails(asm);
            return (asm, tails, new PartEmitter(context, part: -1, asm, tails, inRounds: false));
        }

        /// <summary>The ways between the programs; and into the rounds.</summary>
        private void EmitTransfers((Assembler Asm, PartTails Tails, PartEmitter Emitter) parser, bool isSingle)
        {
            foreach (var part in _parts.Where(p => p.Rounds is not null))
            {
                var start = part.Program.NewLabel("rounds");
                if (isSingle) { parser.Emitter.EmitTransfers(i => _parts[i].Emitter, here: start); }
                else { EmitStart(part.Program, part.ProgramTails, start); }
                part.Program.Mark(start);
                part.Rounds!.Emit(part.Program, part.ProgramTails, hasOtherParts: !isSingle);
            }

            if (!isSingle)
            {
                parser.Emitter.EmitRoutings();
                parser.Emitter.EmitTransfers(i => _parts[i].Emitter);
            }

            foreach (var part in _parts) { part.Emitter.EmitTransfers(i => _parts[i].Emitter); }
        }

        private void EmitParser((Assembler Asm, PartTails Tails, PartEmitter Emitter) program)
        {
            var (asm, tails, emitter) = program;
            var start = asm.NewLabel("start");
            EmitStart(asm, tails, start);
            asm.Mark(start);
            new PacketParser(asm, tails, context.Options, rules.Hook, context.Interfaces, context.Searches).Emit(
                Slots(Family.IPv4), emitter.StartOf(Family.IPv4), Slots(Family.IPv6), emitter.StartOf(Family.IPv6),
                context.Interfaces.IsEmpty || !context.Searches.Access.HasInterfaceMap ? null : context.Interfaces.Map, IsAlwaysRisky);
        }

        private FieldSlots? Slots(Family family) => context.Slots.GetValueOrDefault(family);

        /// <summary>Whether any packet may yet be deferred when a rule counts it.</summary>
        private bool IsAlwaysRisky => !risks.IsEmpty || context.Options.OnlyCertainDrops || context.Options.TracksConnections || rules.Hook == Hook.Prerouting;

        /// <summary>Context, scratch memory, and on to <paramref name="then"/>.</summary>
        private static void EmitStart(Assembler asm, PartTails tails, Label then)
        {
            asm.Move(R6, R1);
            Scratch.EmitLookup(asm, tails.Abort);
            asm.Jump(then);
        }

        private static BpfFunction Finish(Assembler asm, PartTails tails)
        {
            tails.Emit();
            return asm.Build();
        }
    }
}
