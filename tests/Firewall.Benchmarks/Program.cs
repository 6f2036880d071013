using BenchmarkDotNet.Running;
using Firewall.Benchmarks;

if (args is ["quick", ..])
{
    QuickMeasure.Run();
}
else
{
    BenchmarkSwitcher.FromAssembly(typeof(ParseBenchmark).Assembly).Run(args);
}
