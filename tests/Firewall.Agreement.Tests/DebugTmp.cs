using Firewall.Agreement.Tests.Generation;
using Firewall.Bpf.Assembly;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Kernel.Loading;

namespace Firewall.Agreement.Tests;

public sealed class DebugTmp
{
    [Fact]
    public void Show()
    {
        var text = File.ReadAllText("/tmp/dbg.rules");
        var policy = GeneratedRules.Bind(text, Family.IPv4).Policy!;
        var rules = HostRules.From(Hook.Input, policy, null);
        var f = LinearGenerator.Generate(rules, new CompileOptions { OutInterface = "eth0", DefragmentsIPv4 = true }, new Budgets(400, 40, 200));
        File.WriteAllLines("/tmp/dbg.asm", Disassembler.Lines(f.Object));
        using var l = LoadedObject.Load(f.Object);
    }
}
