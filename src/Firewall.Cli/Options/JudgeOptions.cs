using System.CommandLine;
using System.Text.RegularExpressions;
using Firewall.Cli.Engines;
using Firewall.Cli.Input;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Network;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Sets;

namespace Firewall.Cli.Options;

/// <summary>Options of the commands that judge packets, and the engines they ask for.</summary>
internal sealed partial class JudgeOptions(HookOptions hook)
{
    public Option<EngineKind> Engine { get; } = Choice.Option(
        "--engine", "vm (when not given) runs the compiled program here, interpreter the rules themselves, kernel the compiled program in the kernel (as root).",
        ("vm", EngineKind.Vm), ("interpreter", EngineKind.Interpreter), ("kernel", EngineKind.Kernel));

    public Option<string?> Mac { get; } = MacOption();

    /// <summary>Everything an engine needs besides the packets.</summary>
    public IEngine Create(HostRules rules, HostFiles files, Invocation invocation)
    {
        var options = hook.CompileOptions(files, invocation) with { HostMac = HostMac(invocation) is { } mac ? [.. mac.ToBytes()] : [] };
        return EngineFor(rules.Hook, invocation) switch
        {
            EngineKind.Interpreter => new InterpreterEngine(Interpreter(rules, files, invocation)),
            EngineKind.Kernel => new CompiledEngine(Compile, firewall => new KernelProgram(firewall)),
            _ => new CompiledEngine(Compile, firewall => new VmProgram(firewall)),
        };

        CompiledFirewall Compile(Interfaces interfaces) => LinearGenerator.Generate(rules, options with { Interface = interfaces.In, OutInterface = interfaces.Out });
    }

    /// <summary>Only the interpreter judges OUTPUT here: programs of netfilter hooks need a kernel that hands them packets.</summary>
    private EngineKind EngineFor(Hook chain, Invocation invocation)
    {
        if (chain != Hook.Output) { return invocation.Get(Engine); }
        return invocation.Has(Engine) && invocation.Get(Engine) != EngineKind.Interpreter
            ? throw CommandFailedException.BadInput("only --engine interpreter judges OUTPUT")
            : EngineKind.Interpreter;
    }

    public Interpreter Interpreter(HostRules rules, HostFiles files, Invocation invocation) => new(rules, Context(rules, files, invocation), MemoriesOf(files.Sets));

    /// <summary>Memory in which the sets are.</summary>
    private static Memories MemoriesOf(SetCatalog? sets)
    {
        var memories = new Memories();
        foreach (var image in (sets?.Sets ?? []).Select(s => SetImage.Of(s, jiffies: 0, memories.Hertz)).OfType<SetImage>())
        {
            foreach (var entry in image.Entries) { memories.Load(image.Table, entry.Key.AsSpan(), entry.Value.AsSpan()); }
        }

        return memories;
    }


    /// <summary>What the reference knows of the host.</summary>
    public PacketContext Context(HostRules rules, HostFiles files, Invocation invocation)
    {
        var options = hook.CompileOptions(files, invocation);
        return new PacketContext
        {
            IsNetfilter = rules.Hook == Hook.Output,
            TracksConnections = options.TracksConnections,
            DefragIPv4 = options.DefragmentsIPv4,
            DefragIPv6 = options.DefragmentsIPv6,
            HostMac = HostMac(invocation)?.Bits,
        };
    }

    private MacAddress? HostMac(Invocation invocation) => invocation.Get(Mac) is { } text ? MacAddress.Parse(text) : null;

    private static Option<string?> MacOption()
    {
        var option = new Option<string?>("--mac") { HelpName = "ADDRESS", Description = "The interface's own MAC address; frames to other unicast addresses are deferred. Else every address is ours." };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token, ..] && !MacText().IsMatch(token.Value)) { result.AddError($"'{token.Value}' is no MAC address like 02:00:00:00:00:01"); }
        });
        return option;
    }

    [GeneratedRegex("^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MacText();
}
