using Firewall.Testing;

namespace Firewall.Rules.Tests;

public class GoldenFilesTests
{
    [Fact]
    public void No_received_file_is_left_from_an_earlier_run() => Assert.DoesNotContain(
        Directory.EnumerateFiles(Repository.PathOf("tests"), "*.received.txt", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Repository.PathOf("grammar"), "*.received.txt")),
        file => File.GetLastWriteTimeUtc(file) < System.Diagnostics.Process.GetCurrentProcess().StartTime.ToUniversalTime());
}
