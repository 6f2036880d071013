using System.Diagnostics;
using Firewall.Agreement.Tests.Engines;
using Firewall.Agreement.Tests.Generation;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Maps;
using Firewall.Kernel.Network;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Logging;
using Firewall.Rules.Meaning;

namespace Firewall.Agreement.Tests.Logging;

/// <summary>A program at a netfilter hook that logs to its ring, and the reading end.</summary>
internal sealed class LoggingHook : IDisposable
{
    private readonly NetworkNamespace _host;
    private readonly HookEngine _engine;
    private readonly RingBuffer _ring;

    /// <summary>Compiles the rules, which go on to iptables' own when they accept.</summary>
    public LoggingHook(NetworkNamespace host, string rules, Family family, Hook hook)
    {
        _host = host;
        var policy = GeneratedRules.Bind(rules, family).Policy!;
        var firewall = LinearGenerator.Generate(
            HostRules.AtHook(hook, family == Family.IPv4 ? policy : null, family == Family.IPv6 ? policy : null),
            new CompileOptions { Program = ProgramKind.Netfilter, Deferred = DeferredAction.Kernel, Log = LogMode.Ring });
        _engine = new HookEngine(firewall, host, family);
        _ring = new RingBuffer(_engine.Maps[LogRing.RingMap]);
    }

    /// <summary>Packets left to the kernel because they could not be logged.</summary>
    public ulong Deferred => _engine.ReadDeferred().GetValueOrDefault(DeferReason.Log);

    /// <summary>Packets left to the kernel for any other reason.</summary>
    public IEnumerable<DeferReason> Others => _engine.ReadDeferred().Keys.Where(r => r != DeferReason.Log);

    /// <summary>Shows the program that somebody reads.</summary>
    public void Beat() => _engine.Maps[LogRing.HeartbeatMap].Update(0, (ulong)Stopwatch.GetTimestamp());

    /// <summary>The lines since the last call, each with its level.</summary>
    public List<(int Level, string Text)> Read()
    {
        var lines = new List<(int, string)>();
        var names = _host.Run(NetworkInterfaces.All).ToDictionary(i => i.Index, i => i.Name);
        while (_ring.TryTake(out var bytes))
        {
            var record = LogRecord.Read(bytes);
            var rule = LogRule.Read(_engine.Maps[LogRing.RulesMap].Lookup(BitConverter.GetBytes(record.Rule))!);
            lines.Add((rule.Options.Level, LogLine.Of(rule.Options, record.ToPacket(Name(record.InIndex), Name(record.OutIndex))) ?? "no line"));
        }

        return lines;

        string Name(int index) => index == 0 ? "" : names[index];
    }

    public void Dispose()
    {
        _ring.Dispose();
        _engine.Dispose();
    }
}
