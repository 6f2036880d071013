using System.Collections.Immutable;
using Firewall.Agreement.Tests.Generation;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Compiler.Engines;
using Firewall.Kernel.Loading;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;

namespace Firewall.Agreement.Tests.Engines;

/// <summary>Asks the interpreter, the virtual machine and the kernel the same, and says where they differ.</summary>
internal static class EngineComparison
{
    /// <summary>Null when all agree in every decision and every counter.</summary>
    /// <param name="useKernel">Whether the kernel is asked too.</param>
    public static string? Fault(Scenario scenario, bool useKernel)
    {
        if (scenario.Bind() is not { } rules) { return null; }
        CompiledFirewall firewall;
        try
        {
            firewall = LinearGenerator.Generate(rules, scenario.Situation.Options, scenario.Situation.Budgets);
        }
        catch (BudgetExceededException)
        {
            return null;
        }

        return Fault(rules, firewall, scenario.Situation, scenario.Packets, useKernel);
    }

    public static string? Fault(HostRules rules, CompiledFirewall firewall, Situation situation, IEnumerable<Arrival> packets, bool useKernel)
    {
        var interpreter = new Interpreter(rules, situation.Context(rules));
        var machine = NewMachine(firewall);
        KernelEngine? kernel = null;
        try
        {
            kernel = useKernel ? new KernelEngine(firewall) : null;
            foreach (var packet in packets)
            {
                if (Differ(packet, situation, interpreter, machine, kernel) is { } fault) { return fault; }
            }

            return Differ(interpreter.ReadCounters(), machine.ReadCounters(), "virtual machine", interpreter.Layout)
                ?? (kernel is null ? null : Differ(interpreter.ReadCounters(), kernel.ReadCounters(), "kernel", interpreter.Layout));
        }
        catch (VerifierException refusal)
        {
            return $"the verifier refuses it: {refusal.Message}";
        }
        finally
        {
            kernel?.Dispose();
        }
    }

    /// <summary>
    /// The virtual machine reads only the first bytes of each frame. Null when it then defers as truncated, or decides and counts as with all of them. Where
    /// a rule also asks for a device that is not known, that may be the reason it gives.
    /// </summary>
    public static string? LinearFault(Scenario scenario, IReadOnlyList<int> lengths)
    {
        if (scenario.Bind() is not { } rules) { return null; }
        var situation = scenario.Situation;
        var firewall = LinearGenerator.Generate(rules, situation.Options);
        var (machine, interpreter) = (NewMachine(firewall), new Interpreter(rules, situation.Context(rules)));
        foreach (var (packet, length) in scenario.Packets.Zip(lengths))
        {
            var frame = packet.Packet.Frame;
            var linear = Math.Min(length, frame.Length);
            var run = machine.Judge(frame.AsSpan(), Situation.IndexOf(packet.In), linear);
            if (linear < frame.Length && run.Reason is DeferReason.Truncated or DeferReason.InInterface or DeferReason.OutInterface) { continue; }
            var expected = interpreter.Judge(frame.AsMemory(), situation.NameOf(packet), situation.OutInterface);
            if (run != expected) { return $"{packet}, {linear} bytes readable\ninterpreter: {expected}\nvirtual machine: {run}"; }
        }

        return Differ(interpreter.ReadCounters(), machine.ReadCounters(), "virtual machine", interpreter.Layout);
    }

    private static VmEngine NewMachine(CompiledFirewall firewall)
    {
        var machine = new VmEngine(firewall);
        foreach (var device in Situation.Known) { machine.AddInterface(Situation.IndexOf(device), device); }
        return machine;
    }

    private static string? Differ(Arrival packet, Situation situation, Interpreter interpreter, VmEngine machine, KernelEngine? kernel)
    {
        var frame = packet.Packet.Frame;
        var device = situation.NameOf(packet);
        var expected = interpreter.Judge(frame.AsMemory(), device, situation.OutInterface);
        var run = machine.Judge(frame.AsSpan(), Situation.IndexOf(packet.In));
        if (run != expected) { return $"{packet}\ninterpreter: {expected}\nvirtual machine: {run}"; }
        return kernel?.Judge(frame.AsSpan(), device) is { } judged && judged != expected ? $"{packet}\ninterpreter: {expected}\nkernel: {judged}" : null;
    }

    private static string? Differ(ImmutableArray<Counters> expected, ImmutableArray<Counters> actual, string engine, CounterLayout layout)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            if (expected[i] != actual[i])
            {
                return $"counter of {layout.Entries[i].Identity?.ToString() ?? "the policy"}: interpreter {expected[i]}, {engine} {actual[i]}";
            }
        }

        return null;
    }
}
