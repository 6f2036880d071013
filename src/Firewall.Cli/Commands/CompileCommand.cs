using System.CommandLine;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Objects;
using Firewall.Cli.Input;
using Firewall.Cli.Options;
using Firewall.Cli.Rendering;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;

namespace Firewall.Cli.Commands;

/// <summary><c>fwc compile RULES</c>: an object file that the kernel loads, and a report.</summary>
internal static class CompileCommand
{
    /// <summary>What a compile can show.</summary>
    private enum Artefact
    {
        Elf,
        Asm,
        Hex,
        Ast,
        Report,
    }

    public static Command Create(Shell shell)
    {
        var (rules, hook) = (new RuleFileOptions(), new HookOptions());
        var output = new Option<string?>("--output", "-o") { HelpName = "FILE", Description = "The object file (when not given: RULES with .o)." };
        var emit = Choice.Several(
            "--emit", "elf (when not given) is the object file; everything else is printed. May be repeated.",
            ("elf", Artefact.Elf), ("asm", Artefact.Asm), ("hex", Artefact.Hex), ("ast", Artefact.Ast), ("report", Artefact.Report));
        var deferred = Choice.Option(
            "--deferred", "What becomes of packets the program leaves undecided: drop (when not given), or kernel: pass them to the kernel's own iptables.",
            ("drop", DeferredAction.Drop), ("kernel", DeferredAction.Kernel));
        return shell.Command(
            "compile", "Compiles a rule file to an eBPF object for XDP.",
            [.. rules.All, output, emit, .. hook.All, deferred],
            invocation =>
            {
                var artefacts = invocation.Get(emit) is { Length: > 0 } given ? given : [Artefact.Elf];
                var path = artefacts.Contains(Artefact.Elf) || invocation.Has(output) ? OutputPath(invocation.Get(output), invocation.Get(rules.Rules)!) : null;
                var started = invocation.Surroundings.Clock.GetTimestamp();
                var (files, firewall, elf) = Compile();

                foreach (var artefact in artefacts) { Print(artefact, files, firewall, invocation.Out); }
                if (!artefacts.Contains(Artefact.Report)) { Report(files, firewall, invocation.Conversation); }
                if (path is not null)
                {
                    OutputFile.Write(path, elf, invocation.Cancellation);
                    var seconds = invocation.Surroundings.Clock.GetElapsedTime(started).TotalSeconds;
                    invocation.Conversation.Say($"\nwrote {path} (XDP, {elf.Length / 1024.0:N1} KiB)  {seconds:N1} s");
                }

                return ExitCode.Done;

                (HostFiles, CompiledFirewall, byte[]) Compile()
                {
                    using var progress = new Progress(invocation.Conversation, invocation.Surroundings.Clock);
                    progress.Step("reading rules");
                    var read = rules.Load(invocation);
                    invocation.Conversation.Show(read);
                    progress.Step("placing rules");
                    Placing.Check(read.WithoutErrors(), invocation.Get(hook.Chain), invocation.Conversation);
                    progress.Step("generating code");
                    var options = hook.CompileOptions(read, invocation) with { Deferred = invocation.Get(deferred) };
                    var compiled = LinearGenerator.Generate(hook.Rules(read, invocation), options);
                    progress.Step("writing the object");
                    return (read, compiled, ElfWriter.Write(compiled.Object));
                }
            });
    }

    private static string OutputPath(string? given, string rules) => (given, rules) switch
    {
        (not null, _) => given,
        (null, InputFile.StandardInput) => throw CommandFailedException.BadInput("rules from standard input give the object no name", "name it with -o FILE"),
        _ when Path.GetExtension(rules) == ".o" => throw CommandFailedException.BadInput($"the object would replace {rules}", "name it with -o FILE"),
        _ => Path.ChangeExtension(rules, ".o"),
    };

    private static void Print(Artefact artefact, HostFiles files, CompiledFirewall firewall, TextWriter writer)
    {
        switch (artefact)
        {
            case Artefact.Asm:
                foreach (var line in Disassembler.Lines(firewall.Object)) { writer.WriteLine(line); }
                break;
            case Artefact.Hex:
                HexListing.Write(writer, firewall.Object);
                break;
            case Artefact.Ast:
                foreach (var file in files.All) { SyntaxTree.Write(writer, file.Syntax); }
                break;
            case Artefact.Report:
                new CompileReport(files, firewall).Write(writer);
                break;
        }
    }

    private static void Report(HostFiles files, CompiledFirewall firewall, Conversation conversation)
    {
        var report = new CompileReport(files, firewall);
        foreach (var line in report.Lines()) { conversation.Say(line); }
        foreach (var line in report.Details()) { conversation.Detail(line); }
    }
}
