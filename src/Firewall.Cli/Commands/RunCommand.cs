using System.CommandLine;
using Firewall.Cli.Engines;
using Firewall.Cli.Input;
using Firewall.Cli.Input.Captures;
using Firewall.Cli.Options;
using Firewall.Cli.Rendering;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;

namespace Firewall.Cli.Commands;

/// <summary><c>fwc run RULES --pcap FILE</c>: judges the packets of a capture.</summary>
internal static class RunCommand
{
    public static Command Create(Shell shell)
    {
        var (rules, hook) = (new RuleFileOptions(), new HookOptions());
        var (judge, interfaces) = (new JudgeOptions(hook), new InterfaceOptions(hook));
        var capture = new Option<string>("--pcap") { HelpName = "FILE", Required = true, Description = "The packets: a pcap or pcapng capture, or - for standard input." };
        var counters = new Option<bool>("--counters") { Description = "Then print the counters, as iptables -L -v -n -x." };
        var json = OutputOptions.Json("One JSON object per packet.");
        return shell.Command(
            "run", "Judges the packets of a capture, as of the given chain.",
            [.. rules.All, capture, .. hook.All, interfaces.Meta, judge.Engine, judge.Mac, counters, json],
            invocation =>
            {
                if (invocation.Get(rules.Rules) == InputFile.StandardInput && invocation.Get(capture) == InputFile.StandardInput)
                {
                    throw CommandFailedException.BadInput("rules and packets cannot both come from standard input");
                }

                var files = rules.Load(invocation);
                invocation.Conversation.Show(files);
                var host = hook.Rules(files.WithoutErrors(), invocation);
                var interfacesOf = interfaces.Load(invocation);
                using var packets = CaptureReader.Open(invocation.Get(capture)!, invocation);
                using var engine = judge.Create(host, files, invocation);
                foreach (var frame in packets.Frames())
                {
                    invocation.Cancellation.ThrowIfCancellationRequested();
                    var decision = Judge(engine, frame, interfacesOf(frame.Index));
                    if (invocation.Get(json)) { JsonLine.Write(invocation.Out, writer => DecisionJson.Write(writer, frame.Index, decision)); }
                    else { invocation.Out.WriteLine($"{frame.Index,6}  {decision.Verdict,-6}  {PacketText.Of(frame.Bytes.Span),-50}  {DecisionText.Cause(decision, host)}"); }
                }

                if (invocation.Get(counters)) { WriteCounters(engine, host, invocation.Get(json), invocation.Out); }
                return ExitCode.Done;
            });
    }

    /// <summary>A packet that was not captured whole cannot be judged, whatever the engine.</summary>
    private static Decision Judge(IEngine engine, CapturedFrame frame, Interfaces interfaces) =>
        frame.IsCut ? Decision.Deferred(DeferReason.Truncated) : engine.Judge(frame.Bytes, interfaces);

    private static void WriteCounters(IEngine engine, HostRules host, bool asJson, TextWriter output)
    {
        if (!asJson)
        {
            output.WriteLine();
            CounterTable.Write(output, host, engine.ReadCounters());
            return;
        }

        JsonLine.Write(output, writer =>
        {
            writer.WriteStartObject();
            CounterJson.Write(writer, new CounterLayout(host), engine.ReadCounters());
            writer.WriteEndObject();
        });
    }
}
