using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// What an XDP program learns of a packet's connection: a global function asks conntrack, once per packet and only on paths that need it, and leaves in
/// <see cref="Scratch"/> whether there is an entry and which states the connection may be in.
/// </summary>
public static class Tracking
{
    /// <summary>The function: <c>track(ctx)</c>.</summary>
    public const string Function = "track";

    // Scratch.TrackLookup:

    /// <summary>No entry, or a packet that connection tracking does not look up.</summary>
    public const int Miss = 0;

    /// <summary>There is an entry.</summary>
    public const int Hit = 1;

    /// <summary>Another protocol, or a packet that cannot be asked about.</summary>
    public const int NotKnown = 2;

    /// <summary>The function; where conntrack cannot be asked it says that nothing is known.</summary>
    public static BpfFunction Build(CompileOptions options)
    {
        var asm = new Assembler(Function, FunctionKind.Global);
        var end = asm.NewLabel("end");
        asm.Move(R6, R1);
        Scratch.EmitLookup(asm, end);
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.TrackAsked, 1);
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.TrackLookup, NotKnown);
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.TrackStates, -1);
        if (options is { KnowsConnections: true, UsesZones: false })
        {
            foreach (var family in new[] { Family.IPv4, Family.IPv6 }) { new TrackingEmitter(asm, family, options, end).Emit(); }
        }

        asm.Mark(end);
        asm.Move(R0, 0);
        asm.Exit();
        return asm.Build();
    }

    /// <summary>Sees to it that conntrack has been asked. Uses R0 to R5; R6 is the context.</summary>
    public static void EmitAsk(Assembler asm)
    {
        var asked = asm.NewLabel("asked");
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.TrackAsked);
        asm.JumpIf(Condition.NotEqual, R1, 0, asked);
        asm.Move(R1, R6);
        asm.Call(Function);
        asm.Mark(asked);
    }

    /// <summary>A rule of table raw takes the packet from conntrack.</summary>
    public static void EmitUntrack(Assembler asm)
    {
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.TrackAsked, 1);
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.TrackLookup, Miss);
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.TrackStates, 1 << (int)TrackState.Untracked);
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.TrackStatus, 0);
    }
}
