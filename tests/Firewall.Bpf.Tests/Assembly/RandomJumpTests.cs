using CsCheck;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Bpf.Vm;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests.Assembly;

/// <summary>Code full of forward jumps, many of them empty, does what its labels say after relaxation.</summary>
public sealed class RandomJumpTests
{
    private static readonly Gen<Step> Steps = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 4], Gen.Int[1, 255], (kind, skip, bits) => new Step(kind, skip, bits));

    [Fact]
    public void Relaxed_code_takes_the_path_of_its_labels_and_has_no_empty_jump() =>
        Gen.Select(Steps.Array[0, 30], Gen.Int[0, 255]).Sample((steps, input) =>
        {
            var program = Assemble(steps, input);
            var empty = program.Code.Any(i => (i.IsGoto || i.IsConditionalJump) && i.JumpDistance == 0);
            return !empty && new VirtualMachine(Samples.Of(program)).Run("main", [], default).ReturnValue == Follow(steps, input);
        });

    private static BpfFunction Assemble(Step[] steps, int input) => Samples.Function("main", FunctionKind.Program, a =>
    {
        var labels = Enumerable.Range(0, steps.Length + 1).Select(i => a.NewLabel($"step {i}")).ToArray();
        a.Move(R0, 0);
        a.Move(R1, input);
        for (var i = 0; i < steps.Length; i++)
        {
            a.Mark(labels[i]);
            var target = labels[Target(i, steps)];
            switch (steps[i].Kind)
            {
                case 0:
                    a.Alu(AluOp.Multiply, R0, 3);
                    a.Alu(AluOp.Add, R0, steps[i].Bits);
                    break;
                case 1:
                    a.Jump(target);
                    break;
                case 2:
                    a.JumpIf(Condition.AnyBit, R1, steps[i].Bits, target);
                    break;
                default:
                    a.JumpIf(Condition.Above, R1, steps[i].Bits, target);
                    break;
            }
        }

        a.Mark(labels[^1]);
        a.Exit();
    });

    private static long Follow(Step[] steps, int input)
    {
        var sum = 0L;
        for (var i = 0; i < steps.Length;)
        {
            var bits = steps[i].Bits;
            var taken = steps[i].Kind switch
            {
                0 => false,
                1 => true,
                2 => (input & bits) != 0,
                _ => input > bits,
            };
            sum = steps[i].Kind == 0 ? unchecked((sum * 3) + bits) : sum;
            i = taken ? Target(i, steps) : i + 1;
        }

        return sum;
    }

    private static int Target(int step, Step[] steps) => Math.Min(step + 1 + steps[step].Skip, steps.Length);

    private sealed record Step(int Kind, int Skip, int Bits);
}
