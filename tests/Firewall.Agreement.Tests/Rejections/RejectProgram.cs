using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Targets;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Agreement.Tests.Rejections;

/// <summary>A program that parses every packet and rejects it.</summary>
internal static class RejectProgram
{
    /// <summary>Added to the result of the answering function, so that no verdict of the parser looks like one.</summary>
    public const int Answer = 100;

    private static readonly CompileOptions Options = new() { Deferred = DeferredAction.Kernel };

    private static PacketAccess Access => PacketAccess.Of(ProgramKind.Xdp, Hook.Input, new Scratch());

    public static BpfObject Build(RejectWith with, Hook hook)
    {
        var (rejects, searches, interfaces, scratch) = (new RejectFunctions(), new SearchFunctions(Options.Hertz, Access), new InterfacePatterns(), new Scratch());
        var slots = new FieldSlots(scratch, interfaces, with.Family, []);
        interfaces.Allocate(scratch);
        var accounting = new Accounting(1, DeferReasonNames.Count);
        var asm = new Assembler("reject", FunctionKind.Program);
        var tails = new PartTails(asm, accounting, Options, [], Access, rejects);
        var parsed = asm.NewLabel("parsed");
        asm.Move(R6, R1);
        Scratch.EmitLookup(asm, tails.Abort);
        var isIPv4 = with.Family == Family.IPv4;
        new PacketParser(asm, tails, Options, hook, interfaces, searches).Emit(
            isIPv4 ? slots : null, isIPv4 ? parsed : null, isIPv4 ? null : slots, isIPv4 ? null : parsed, interfaceMap: null, alwaysRisky: false);
        asm.Mark(parsed);
        asm.Move(R1, R6);
        asm.Call(rejects.NameOf(with, hook));
        asm.Alu(AluOp.Add, R0, Answer);
        asm.Exit();
        tails.Emit();
        var map = scratch.Seal();
        return new BpfObject(
            "reject",
            [map, .. accounting.Maps, .. RejectMaps.All],
            [asm.Build(), .. accounting.Build(scratch.Log), .. searches.Build(), .. rejects.Build()]);
    }
}
