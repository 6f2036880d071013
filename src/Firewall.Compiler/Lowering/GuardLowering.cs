using System.Collections.Immutable;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;

namespace Firewall.Compiler.Lowering;

/// <summary>Folds what the options decide (devices, marks, whole packets) out of guards.</summary>
public sealed class GuardLowering(Hook hook, CompileOptions options)
{
    /// <summary>The name of the output device as far as it is known: INPUT has none, which is the empty name.</summary>
    private readonly string? _outInterface = hook == Hook.Input ? "" : options.OutInterface;

    public LoweredGuard Lower(Guard guard, Family family)
    {
        var stages = ImmutableArray.CreateBuilder<Stage>();
        var atoms = ImmutableArray.CreateBuilder<Atom>();
        bool unknownIn = false, unknownOut = false, mayDrop = false;
        foreach (var atom in guard.Atoms)
        {
            switch (Fold(atom, family))
            {
                case true:
                    break;
                case false when !mayDrop:
                    return new LoweredGuard([new Stage([new Never()], Search: null)], AsksUnknownIn: false, AsksUnknownOut: false);
                case false:
                    atoms.Add(new Never());
                    break;
                default:
                    switch (atom)
                    {
                        case InterfaceTest when options.Program == ProgramKind.Netfilter:
                            atoms.Add(atom);
                            break;
                        case InterfaceTest { Direction: InterfaceDirection.Out }:
                            unknownOut = true;
                            break;
                        case InterfaceTest:
                            unknownIn = true;
                            atoms.Add(atom);
                            break;
                        case HeaderGate { Base: HeaderBase.Transport, WhenShort: WhenMissing.NoMatch } gate:
                            // A short header is an ordinary miss; what remains of the gate is the question of readability.
                            atoms.Add(Field.TransportLength.In(ValueSet.Between((UInt128)gate.Bytes, ValueSet.Maximum(Field.TransportLength.Bits))));
                            atoms.Add(gate);
                            break;
                        case Search search:
                            stages.Add(new Stage(atoms.ToImmutable(), search));
                            atoms.Clear();
                            mayDrop = true;
                            break;
                        default:
                            mayDrop |= atom is HeaderGate or ChainGate or HotdropUnless;
                            atoms.Add(atom);
                            break;
                    }

                    break;
            }
        }

        stages.Add(new Stage(atoms.ToImmutable(), Search: null));
        return new LoweredGuard(stages.ToImmutable(), unknownIn, unknownOut);
    }

    /// <summary>Whether every packet, or none, satisfies the atom; null when it depends on the packet.</summary>
    private bool? Fold(Atom atom, Family family) => atom switch
    {
        Never => false,
        Test test => FoldTest(test, family),
        AnyOf any when any.Tests.Any(t => FoldTest(t, family) == true) => true,
        AnyOf any when any.Tests.All(t => FoldTest(t, family) == false) => false,
        InterfaceTest { Direction: InterfaceDirection.In } test => FoldName(test, options.Interface),
        InterfaceTest test => FoldName(test, _outInterface),
        HotdropUnless { Test: var test } when FoldTest(test, family) == true => true,
        _ => null,
    };

    /// <summary>A pattern that fits every name (or none) does not depend on the device.</summary>
    private static bool? FoldName(InterfaceTest test, string? device) =>
        device is not null ? test.Fits(device)
        : test is { IsPrefix: true, Name: "" } ? !test.Negated
        : null;

    private bool? FoldTest(Test test, Family family) =>
        test.IsAlwaysTrue ? true
        : test.Values.IsEmpty ? false
        : Known(test.Field, family) is { } value ? test.Values.Contains(value & test.Mask)
        : null;

    private UInt128? Known(Field field, Family family) => field.Kind switch
    {
        FieldKind.Mark when options.Program == ProgramKind.Xdp => 0,
        FieldKind.FragmentOffset when WholePacketsOnly(family) => 0,
        FieldKind.EthernetLink when options.Interface is { } name => name == "lo" ? 0u : 1u,
        _ => null,
    };

    /// <summary>Whether fragments are deferred before any rule is asked.</summary>
    public bool WholePacketsOnly(Family family) =>
        family == Family.IPv4 ? hook == Hook.Input || options.DefragmentsIPv4 : options.DefragmentsIPv6;
}
