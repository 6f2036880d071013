using System.CommandLine;
using Firewall.Cli.Input;
using Firewall.Cli.Input.Captures;
using Firewall.Cli.Options;
using Firewall.Cli.Rendering;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;

namespace Firewall.Cli.Commands;

/// <summary><c>fwc explain RULES PACKET</c>: which rule decides, and why each earlier one did not.</summary>
internal static class ExplainCommand
{
    public static Command Create(Shell shell)
    {
        var (rules, hook) = (new RuleFileOptions(), new HookOptions());
        var (judge, interfaces) = (new JudgeOptions(hook), new InterfaceOptions(hook));
        var packet = new Argument<string[]>("PACKET")
        {
            Arity = ArgumentArity.ZeroOrMore,
            Description = "The packet in words: tcp 192.0.2.50:51044 > 203.0.113.10:443 in eth0 flags S ttl 64 (also udp, icmp 8/0, ip 47, tos, mac, payload; IPv6 with a port in brackets).",
        };
        var capture = new Option<string?>("--pcap") { HelpName = "FILE", Description = "Take packets from a capture instead." };
        var index = new Option<int?>("--index") { HelpName = "N", Description = "Only this packet of the capture, counted from 0." };
        return shell.Command(
            "explain", "Tells which rule decides a packet, and why each earlier one did not.",
            [rules.Rules, packet, rules.IsIPv6, rules.Rules6, rules.Resolve, capture, index, .. hook.All, interfaces.Meta, judge.Mac],
            invocation =>
            {
                var words = string.Join(' ', invocation.Get(packet) ?? []);
                var file = invocation.Get(capture);
                if (words.Length == 0 == file is null) { throw CommandFailedException.BadInput("give a packet in words, or a capture with --pcap"); }
                var files = rules.Load(invocation);
                invocation.Conversation.Show(files);
                var host = hook.Rules(files.WithoutErrors(), invocation);
                var interfacesOf = interfaces.Load(invocation);
                var (interpreter, context) = (judge.Interpreter(host, files, invocation), judge.Context(host, files, invocation));
                if (file is null)
                {
                    var described = PacketDescription.Parse(words);
                    var given = interfacesOf(0);
                    Explain(described.Packet.Frame.AsMemory(), new Interfaces(described.Interfaces.In ?? given.In, described.Interfaces.Out ?? given.Out));
                    return ExitCode.Done;
                }

                ExplainCapture(file);
                return ExitCode.Done;

                void Explain(ReadOnlyMemory<byte> frame, Interfaces known) => Explanation.Of(frame, known, interpreter, context, host, files).Write(invocation.Out);

                void ExplainCapture(string name)
                {
                    using var packets = CaptureReader.Open(name, invocation);
                    var wanted = invocation.Get(index);
                    var explained = 0;
                    foreach (var frame in packets.Frames().Where(f => wanted is null || f.Index == wanted))
                    {
                        invocation.Cancellation.ThrowIfCancellationRequested();
                        if (explained++ > 0) { invocation.Out.WriteLine(); }
                        invocation.Out.WriteLine($"packet {frame.Index}: {PacketText.Of(frame.Bytes.Span)}");
                        if (frame.IsCut) { invocation.Out.WriteLine($"DEFER   {DecisionText.Cause(Decision.Deferred(DeferReason.Truncated), host)}"); }
                        else { Explain(frame.Bytes, interfacesOf(frame.Index)); }
                        if (wanted is not null) { return; }
                    }

                    if (wanted is { } missing && explained == 0) { throw CommandFailedException.BadInput($"the capture has no packet {missing}"); }
                }
            });
    }
}
