using System.Collections.Immutable;
using Firewall.Agreement.Tests.Generation;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Rules.Evaluation;

namespace Firewall.Agreement.Tests.Engines;

/// <summary>Everything but rules and packets that an answer depends on.</summary>
/// <param name="Interface">The program is made for this interface only; null for all.</param>
/// <param name="OutInterface">The one interface that packets leave by; null when it is not known.</param>
/// <param name="Defragments">Whether the kernel puts fragments together before the chain.</param>
/// <param name="Budgets">How much goes into one program; null for as much as the kernel takes.</param>
internal sealed record Situation(Hook Hook, string? Interface, string? OutInterface, bool Defragments, Budgets? Budgets)
{
    /// <summary>The interfaces that a program for all of them knows; there are others.</summary>
    public static readonly ImmutableArray<string> Known = ["eth0", "eth1", "lo"];

    public CompileOptions Options => new()
    {
        Interface = Interface,
        OutInterface = OutInterface,
        DefragmentsIPv4 = Defragments,
        DefragmentsIPv6 = Defragments,
    };

    /// <summary>What is known of the interface a packet comes in by.</summary>
    public string? NameOf(Arrival arrival) => Interface ?? (Known.Contains(arrival.In) ? arrival.In : null);

    /// <summary>The index that the virtual machine's interfaces have.</summary>
    public static uint IndexOf(string device) => (uint)(Known.IndexOf(device) + 7);

    public PacketContext Context(HostRules rules) => new()
    {
        Hook = Hook,
        Families = [.. rules.Graphs.Select(graph => graph.Family)],
        DefragIPv4 = Defragments,
        DefragIPv6 = Defragments,
    };
}
