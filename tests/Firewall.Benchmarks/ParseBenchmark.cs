using System.Diagnostics;
using System.Text;
using BenchmarkDotNet.Attributes;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;

namespace Firewall.Benchmarks;

/// <summary>Reading and binding a file of 100,000 rules. The goal is 200,000 rules per second on one core.</summary>
[MemoryDiagnoser]
public class ParseBenchmark
{
    public const int Rules = 100_000;

    private readonly SourceText _source = new("rules.txt", BlockList());

    [Benchmark(OperationsPerInvoke = Rules)]
    public RuleSet Read() => RuleSetReader.Read(_source);

    [Benchmark(OperationsPerInvoke = Rules)]
    public Binding ReadAndBind() => Binder.Bind(RuleSetReader.Read(_source));

    /// <summary>Rules like <c>-A INPUT -s a.b.c.d/32 -p tcp -m tcp --dport N -j DROP</c>.</summary>
    internal static byte[] BlockList()
    {
        var random = new Random(1);
        var text = new StringBuilder("*filter\n:INPUT ACCEPT [0:0]\n");
        for (var i = 0; i < Rules; i++)
        {
            text.Append($"-A INPUT -s {random.Next(1, 224)}.{random.Next(256)}.{random.Next(256)}.{random.Next(256)}/32 -p tcp -m tcp --dport {random.Next(65536)} -j DROP\n");
        }

        return Encoding.ASCII.GetBytes(text.Append("COMMIT\n").ToString());
    }
}

/// <summary>A few rounds by stopwatch, for a first impression: <c>dotnet run -c Release --project tests/Firewall.Benchmarks -- quick</c>.</summary>
internal static class QuickMeasure
{
    public static void Run()
    {
        var bytes = ParseBenchmark.BlockList();
        for (var round = 1; round <= 10; round++)
        {
            var clock = Stopwatch.StartNew();
            var rules = RuleSetReader.Read(new SourceText("rules.txt", bytes));
            var read = clock.Elapsed;
            Binder.Bind(rules);
            Console.WriteLine($"round {round}: read {read.TotalMilliseconds:F0} ms, read and bind {clock.Elapsed.TotalMilliseconds:F0} ms, "
                + $"{ParseBenchmark.Rules / clock.Elapsed.TotalSeconds:N0} rules/s");
        }
    }
}
