using Firewall.Bpf.Assembly;
using Firewall.Rules.Meaning;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>Between PREROUTING and the chains behind it: asks the kernel where the packet goes.</summary>
internal static class Routing
{
    public static void Emit(Assembler asm, PartTails tails, Family family, Label input, Label forward)
    {
        _ = (family, input, forward);
        asm.Jump(tails.Defer(DeferReason.Destination));
    }
}
