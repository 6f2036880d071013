using System.Collections.Immutable;
using System.CommandLine;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Objects;
using Firewall.Cli.Input;
using Firewall.Cli.Options;
using Firewall.Cli.Rendering;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Compiler.Placement;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;

namespace Firewall.Cli.Commands;

/// <summary><c>fwc compile RULES</c>: object files that the kernel loads, and a report.</summary>
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
        Residual,
    }

    public static Command Create(Shell shell)
    {
        var (rules, placement) = (new RuleFileOptions(), new PlacementOptions());
        var output = new Option<string?>("--output", "-o") { HelpName = "FILE", Description = "The object file (when not given: RULES with .o); further programs beside it as .input.o, .forward.o, .output.o." };
        var emit = Choice.Several(
            "--emit", "elf (when not given) is the object file; everything else is printed. May be repeated.",
            ("elf", Artefact.Elf), ("asm", Artefact.Asm), ("hex", Artefact.Hex), ("ast", Artefact.Ast), ("report", Artefact.Report), ("residual", Artefact.Residual));
        var deferred = Choice.Option(
            "--deferred", "What becomes of packets the program leaves undecided: drop (when not given), or kernel: pass them to the kernel's own iptables.",
            ("drop", DeferredAction.Drop), ("kernel", DeferredAction.Kernel));
        return shell.Command(
            "compile", "Compiles a rule file to eBPF objects for XDP and netfilter hooks.",
            [.. rules.All, output, emit, .. placement.All, deferred],
            invocation =>
            {
                var artefacts = invocation.Get(emit) is { Length: > 0 } given ? given : [Artefact.Elf];
                var path = artefacts.Contains(Artefact.Elf) || invocation.Has(output) ? OutputPath(invocation.Get(output), invocation.Get(rules.Rules)!) : null;
                var started = invocation.Surroundings.Clock.GetTimestamp();
                var (made, profile) = Compile();
                var isApproximate = invocation.Get(placement.Approximate) is { Length: > 0 };
                foreach (var artefact in artefacts) { Print(artefact, made, profile, invocation); }
                if (!artefacts.Contains(Artefact.Report)) { Report(made, invocation.Conversation); }
                if (path is not null)
                {
                    Write(made, profile, path, invocation);
                    invocation.Conversation.Say($"  in {invocation.Surroundings.Clock.GetElapsedTime(started).TotalSeconds:N1} s");
                }

                return made.Plan!.IsExact && !isApproximate ? ExitCode.Done : ExitCode.Approximate;

                (CompileReport, Profile) Compile()
                {
                    using var progress = new Progress(invocation.Conversation, invocation.Surroundings.Clock);
                    progress.Step("reading rules");
                    var read = rules.Load(invocation);
                    invocation.Conversation.Show(read);
                    progress.Step("placing rules");
                    var request = placement.Request(read.WithoutErrors(), invocation);
                    if (request.Profile == Profile.Offload && invocation.Has(deferred) && invocation.Get(deferred) == DeferredAction.Drop)
                    {
                        throw CommandFailedException.BadInput("--profile offload leaves packets to iptables, and --deferred drop drops them");
                    }

                    var plan = Planner.Make(request);
                    if (request.Profile == Profile.Exact) { new Placing(read, plan).DemandExact(invocation.Conversation); }
                    progress.Step("generating code");
                    return (new CompileReport(read, [.. plan.Programs.Select(p => Generate(p, invocation.Get(deferred)))], plan), request.Profile);
                }
            });
    }

    /// <summary>A program that only drops passes on what it does not drop: something else decides behind it.</summary>
    private static CompiledFirewall Generate(PlannedProgram program, DeferredAction deferred) =>
        LinearGenerator.Generate(program.Rules, program.Options with { Deferred = program.Options.OnlyCertainDrops ? DeferredAction.Kernel : deferred });

    private static void Write(CompileReport made, Profile profile, string path, Invocation invocation)
    {
        var beside = path.EndsWith(".o", StringComparison.Ordinal) ? path[..^2] : path;
        var objects = made.Firewalls.Select((f, i) => (Path: i == 0 ? path : $"{beside}.{f.Rules.Hook.ChainName().ToLowerInvariant()}.o", Title: ProgramTitle.Of(f), Content: ElfWriter.Write(f.Object))).ToList();
        DemandNoSets(made);
        invocation.Conversation.Say("");
        foreach (var (name, title, content) in objects)
        {
            OutputFile.Write(name, content, invocation.Cancellation);
            invocation.Conversation.Say($"wrote {name}: {title}, {content.Length / 1024.0:N1} KiB");
        }

        if (profile != Profile.Offload) { return; }
        foreach (var file in made.Files.All)
        {
            var name = $"{beside}.residual{(file.Family == Family.IPv6 && made.Files.All.Length > 1 ? "6" : "")}";
            OutputFile.Write(name, ResidualRules.Of(file, made.Plan!, profile), invocation.Cancellation);
            invocation.Conversation.Say($"wrote {name}: the rules that stay loaded");
        }
    }

    /// <summary>Object files have no place for the contents of hashes, and without them the rules would mean something else.</summary>
    private static void DemandNoSets(CompileReport made)
    {
        if (made.Firewalls.SelectMany(f => f.Memory.Tables).FirstOrDefault(t => t.Table.IsGiven).Table is { } table)
        {
            throw new CommandFailedException(ExitCode.NotSupported, $"an object file cannot carry the contents of {table.Name.Replace(':', ' ')}", "fwc attach loads sets with the program; --emit report, asm or hex show it");
        }
    }

    private static string OutputPath(string? given, string rules) => (given, rules) switch
    {
        (not null, _) => given,
        (null, InputFile.StandardInput) => throw CommandFailedException.BadInput("rules from standard input give the object no name", "name it with -o FILE"),
        _ when Path.GetExtension(rules) == ".o" => throw CommandFailedException.BadInput($"the object would replace {rules}", "name it with -o FILE"),
        _ => Path.ChangeExtension(rules, ".o"),
    };

    private static void Print(Artefact artefact, CompileReport made, Profile profile, Invocation invocation)
    {
        var writer = invocation.Out;
        switch (artefact)
        {
            case Artefact.Asm:
                foreach (var firewall in made.Firewalls)
                {
                    WriteTitle(writer, "; ", firewall, made.Firewalls);
                    foreach (var line in Disassembler.Lines(firewall.Object)) { writer.WriteLine(line); }
                }

                break;
            case Artefact.Hex:
                foreach (var firewall in made.Firewalls)
                {
                    WriteTitle(writer, "# ", firewall, made.Firewalls);
                    HexListing.Write(writer, firewall.Object);
                }

                break;
            case Artefact.Ast:
                foreach (var file in made.Files.All) { SyntaxTree.Write(writer, file.Syntax); }
                break;
            case Artefact.Report:
                made.Write(writer, invocation.Conversation.IsVerbose);
                break;
            case Artefact.Residual:
                writer.Flush();
                foreach (var file in made.Files.All) { invocation.Surroundings.Output.Write(ResidualRules.Of(file, made.Plan!, profile)); }
                break;
        }
    }

    /// <summary>Which program it is, where there are several.</summary>
    private static void WriteTitle(TextWriter writer, string comment, CompiledFirewall firewall, ImmutableArray<CompiledFirewall> all)
    {
        if (all.Length > 1) { writer.WriteLine($"{comment}{ProgramTitle.Of(firewall)}"); }
    }

    private static void Report(CompileReport made, Conversation conversation)
    {
        foreach (var line in made.Lines(conversation.IsVerbose)) { conversation.Say(line); }
        foreach (var line in made.Details()) { conversation.Detail(line); }
    }
}
