using System.CommandLine;
using Firewall.Cli.Attachment;
using Firewall.Cli.Input;
using Firewall.Cli.Options;
using Firewall.Cli.Rendering;
using Firewall.Compiler.Placement;
using Firewall.Kernel.Links;
using Firewall.Kernel.Pins;
using Firewall.Rules.Evaluation;

namespace Firewall.Cli.Commands;

/// <summary><c>fwc attach RULES --interface NAME</c>: compiles for the interface, loads, attaches, pins and returns.</summary>
internal static class AttachCommand
{
    public static Command Create(Shell shell)
    {
        var (rules, hook) = (new RuleFileOptions(), new HookOptions());
        hook.Interface.Required = true;
        var deferred = Choice.Option(
            "--deferred",
            "What becomes of packets that XDP cannot judge; auto: the kernel's iptables gets them if it holds the same rules, else they are dropped.",
            ("auto", DeferredChoice.Auto), ("kernel", DeferredChoice.Kernel), ("drop", DeferredChoice.Drop));
        var mode = Choice.Option<XdpMode?>(
            "--mode", "How the interface runs the program (when not given: native where the driver can, else generic).",
            ("native", XdpMode.Native), ("generic", XdpMode.Generic));
        var dropDhcp = new Option<bool>("--drop-dhcp") { Description = "Let the rules judge answers of DHCP servers too; else these always pass." };
        return shell.Command("attach", "Attaches a rule set to a network interface.", [.. rules.All, .. hook.All, deferred, mode, dropDhcp], invocation =>
        {
            var (files, outcome) = Attach();
            Report(outcome, invocation);
            foreach (var line in new CompileReport(files, [outcome.Firewall], Plan: null).Lines()) { invocation.Conversation.Detail(line); }
            return ExitCode.Done;

            void DemandPlace(HostFiles read, Invocation invocation)
            {
                var chain = invocation.Get(hook.Chain);
                if (chain == Hook.Output) { throw CommandFailedException.BadInput("XDP sees no outgoing packets, so OUTPUT cannot be attached to an interface"); }
                new Placing(read, Planner.Make(read.Request(hook.CompileOptions(read, invocation), Hooks.Xdp, [chain]))).DemandExact(invocation.Conversation);
            }

            (HostFiles, AttachOutcome) Attach()
            {
                using var progress = new Progress(invocation.Conversation, invocation.Surroundings.Clock);
                progress.Step("reading rules");
                var read = rules.Load(invocation);
                invocation.Conversation.Show(read);
                progress.Step("placing rules");
                DemandPlace(read.WithoutErrors(), invocation);
                progress.Step("compiling and loading");
                var request = new AttachRequest([.. read.All.Select(f => f.Policy)], invocation.Get(hook.Interface)!)
                {
                    Hook = invocation.Get(hook.Chain),
                    Options = hook.CompileOptions(read, invocation),
                    Deferred = invocation.Get(deferred),
                    Mode = invocation.Get(mode),
                    JudgesDhcp = invocation.Get(dropDhcp),
                };
                return (read, new Attacher(PinRoot.Default, invocation.Surroundings.Clock).Attach(request));
            }
        });
    }

    private static void Report(AttachOutcome outcome, Invocation invocation)
    {
        var (note, conversation) = (outcome.Note, invocation.Conversation);
        invocation.Out.WriteLine($"{note.Interface}: {note.Describe()} attached (program {outcome.ProgramId}, {note.Mode} mode)");
        invocation.Out.Flush();
        if (outcome.HadRemains) { conversation.Say($"note: pins of an earlier firewall of {note.Interface}, which was attached to nothing any more, are cleared away"); }
        if (outcome.NativeRefusal is { } refusal) { conversation.Say($"note: generic mode, because {refusal}"); }
        ReportDeferred(outcome, conversation);
    }

    private static void ReportDeferred(AttachOutcome outcome, Conversation conversation)
    {
        conversation.Say($"{(outcome.Deferred.IsSurprising ? "warning" : "note")}: {outcome.Deferred.Reason}");
        foreach (var loss in outcome.Losses) { conversation.Say($"  = lost: {loss}"); }
        if (outcome.Deferred.IsSurprising) { conversation.Say("  = help: load the same rules with iptables-restore, then detach and attach again"); }
    }
}
