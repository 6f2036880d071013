using System.Collections.Immutable;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;

namespace Firewall.Compiler.Lowering;

/// <summary>Folds what the options decide (devices, marks, whole packets) out of the guards of one station.</summary>
/// <param name="station">Where the rules stand.</param>
/// <param name="options">What is known at compile time.</param>
/// <param name="changesMark">Whether a rule on the way changes the mark.</param>
/// <param name="routes">Whether the program routes packets on their way.</param>
public sealed class GuardLowering(Station station, CompileOptions options, bool changesMark = false, bool routes = false)
{
    /// <summary>The name of the output device as far as it is known: before routing and in INPUT there is none, which is the empty name.</summary>
    private readonly string? _outInterface = station.Hook is Hook.Input or Hook.Prerouting ? "" : routes ? null : options.OutInterface;

    private readonly string? _inInterface = station.Hook == Hook.Output ? "" : options.Interface;

    /// <summary>Memory of tables that stay with the kernel is the kernel's.</summary>
    private readonly bool _isMemoryOurs = station.IsOwned && !options.OnlyCertainDrops;
    private bool _isRuleMemoryOurs;

    private Family Family => station.Family;

    /// <summary>Folds one rule's guard.</summary>
    /// <param name="guard">What the rule asks.</param>
    /// <param name="keepsKernelMemory">Whether iptables keeps this rule's memory.</param>
    public LoweredGuard Lower(Guard guard, bool keepsKernelMemory = false)
    {
        _isRuleMemoryOurs = _isMemoryOurs && !keepsKernelMemory;
        var stages = ImmutableArray.CreateBuilder<Stage>();
        var atoms = ImmutableArray.CreateBuilder<Atom>();
        var (mayDrop, asksTracking) = (false, false);
        foreach (var atom in guard.Atoms)
        {
            switch (Fold(atom))
            {
                case true:
                    break;
                case false when !mayDrop:
                    return new LoweredGuard([new Stage([new Never()], Search: null)]);
                case false:
                    atoms.Add(new Never());
                    break;
                default:
                    switch (Doubted(atom))
                    {
                        case HeaderGate { Base: HeaderBase.Transport, WhenShort: WhenMissing.NoMatch } gate:
                            // A short header is an ordinary miss; what remains of the gate is the question of readability.
                            atoms.Add(Field.TransportLength.In(ValueSet.Between((UInt128)gate.Bytes, ValueSet.Maximum(Field.TransportLength.Bits))));
                            atoms.Add(gate);
                            break;
                        case Search { Program.KeepsMemory: true } when IsDoubtful(stages, atoms):
                            // The packet is deferred before memory is asked, whatever stands behind.
                            return new LoweredGuard([.. stages, new Stage(atoms.ToImmutable(), Search: null, asksTracking)]);
                        case Search search:
                            stages.Add(new Stage(atoms.ToImmutable(), search, asksTracking));
                            atoms.Clear();
                            (mayDrop, asksTracking) = (true, false);
                            break;
                        case Doubtful { Possible: MayBeIn } state:
                            // Conntrack is asked about those packets only that the rule still wants.
                            if (atoms.Count > 0) { stages.Add(new Stage(atoms.ToImmutable(), Search: null, asksTracking)); }
                            atoms.Clear();
                            atoms.Add(state);
                            asksTracking = true;
                            break;
                        case var lowered:
                            mayDrop |= lowered is HeaderGate or ChainGate or HotdropUnless;
                            atoms.Add(lowered);
                            break;
                    }

                    break;
            }
        }

        stages.Add(new Stage(atoms.ToImmutable(), Search: null, asksTracking));
        return new LoweredGuard(stages.ToImmutable());
    }

    /// <summary>Whether a doubt that always holds stands among the atoms.</summary>
    private static bool IsDoubtful(IEnumerable<Stage> stages, IEnumerable<Atom> atoms) =>
        stages.SelectMany(s => s.Atoms).Concat(atoms).Any(a => a is Doubtful { Doubt: StandingDoubt });

    /// <summary>Whether fragments are deferred before any rule is asked.</summary>
    public bool WholePacketsOnly =>
        Family == Family.IPv4 ? station.Hook == Hook.Input || options.DefragmentsIPv4 : options.DefragmentsIPv6;

    /// <summary>Whether every packet, or none, satisfies the atom; null when it depends on the packet.</summary>
    private bool? Fold(Atom atom) => atom switch
    {
        Never => false,
        Test test => FoldTest(test),
        AnyOf any when any.Tests.Any(t => FoldTest(t) == true) => true,
        AnyOf any when any.Tests.All(t => FoldTest(t) == false) => false,
        InterfaceTest { Direction: InterfaceDirection.In } test => FoldName(test, _inInterface),
        InterfaceTest test => FoldName(test, _outInterface),
        HotdropUnless { Test: var test } when FoldTest(test) == true => true,
        _ => null,
    };

    /// <summary>A pattern that fits every name (or none) does not depend on the device.</summary>
    private static bool? FoldName(InterfaceTest test, string? device) =>
        device is not null ? test.Fits(device)
        : test is { IsPrefix: true, Name: "" } ? !test.Negated
        : null;

    private bool? FoldTest(Test test) =>
        test.IsAlwaysTrue ? true
        : test.Values.IsEmpty ? false
        : Known(test.Field) is { } value ? test.Values.Contains(value & test.Mask)
        : null;

    private UInt128? Known(Field field) => field.Kind switch
    {
        FieldKind.Mark when options.Program == ProgramKind.Xdp && !changesMark => 0,
        FieldKind.FragmentOffset when WholePacketsOnly => 0,
        FieldKind.EthernetLink when options.Interface is { } name => name == "lo" ? 0u : 1u,
        _ => null,
    };

    /// <summary>The atom as this program can answer it.</summary>
    private Atom Doubted(Atom atom)
    {
        switch (atom)
        {
            case Unknowable unknowable:
                return Standing(unknowable.Reason);
            case InterfaceTest { Direction: InterfaceDirection.Out } when routes:
                return new Doubtful(atom, new OutDeviceDoubt());
            case InterfaceTest { Direction: InterfaceDirection.Out } when options.Program == ProgramKind.Xdp:
                return Standing(DeferReason.OutInterface);
            case InterfaceTest { Direction: InterfaceDirection.In } when options.Program == ProgramKind.Xdp:
                return new Doubtful(atom, new DeviceDoubt());
            case Test test:
                return Doubted(test);
            case AnyOf any:
                var open = any.Tests.Where(t => FoldTest(t) is null).ToImmutableArray();
                return open.All(IsExact) ? new AnyOf(open)
                    : open.Length == 1 ? Doubted(open[0])
                    : Doubted(open);
            case Search search when search.Program.KeepsMemory && !_isRuleMemoryOurs:
                return Standing(DeferReason.Memory);
            case Search search when search.Program.Fields.FirstOrDefault(f => !IsExact(f)) is { } field:
                return Standing(field.Kind.WhenUnknown());
            default:
                return atom;
        }
    }

    private Atom Doubted(Test test) => (IsExact(test), test.Field.Kind, test.Mask == ValueSet.Maximum(test.Field.Bits)) switch
    {
        (true, _, _) => test,
        (_, FieldKind.TrackState, true) when options.Program == ProgramKind.Xdp && IsTracked => new Doubtful(new MayBeIn(Bits(test.Values)), new StateDoubt(Bits(test.Values))),
        _ => Standing(test.Field.Kind.WhenUnknown()),
    };

    /// <summary>One of several tests holds, and not all can be answered.</summary>
    private Doubtful Doubted(ImmutableArray<Test> open)
    {
        var reason = open.First(t => !IsExact(t)).Field.Kind.WhenUnknown();
        return open.Where(IsExact).ToImmutableArray() is { IsEmpty: false } known ? new Doubtful(Possible: null, new UnlessDoubt(new AnyOf(known), reason)) : Standing(reason);
    }

    /// <summary>Table raw comes before connection tracking.</summary>
    private bool IsTracked => station.Table != "raw";

    private bool IsExact(Test test) => IsExact(test.Field);

    private bool IsExact(Field field) => !field.Kind.IsOfSurroundings() || options.Program.Of(field.Kind) == Knowledge.Exact;

    private static Doubtful Standing(DeferReason reason) => new(Possible: null, new StandingDoubt(reason));

    private static uint Bits(ValueSet states) => states.Within(5).Values.Where(s => s < 32).Aggregate(0u, (bits, s) => bits | (1u << (int)s));
}
