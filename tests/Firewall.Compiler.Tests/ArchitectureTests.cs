using System.Xml.Linq;

namespace Firewall.Compiler.Tests;

/// <summary>The arrows between projects, as DESIGN has them: nothing else may point anywhere else.</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> Arrows = new(StringComparer.Ordinal)
    {
        ["Firewall.Bpf"] = [],
        ["Firewall.Rules"] = ["Firewall.Rules.Generators"],
        ["Firewall.Rules.Generators"] = [],
        ["Firewall.Compiler"] = ["Firewall.Bpf", "Firewall.Rules"],
        ["Firewall.Kernel"] = ["Firewall.Bpf"],
        ["Firewall.Cli"] = ["Firewall.Bpf", "Firewall.Compiler", "Firewall.Kernel", "Firewall.Rules"],
    };

    private static readonly string Root = FindRoot();

    public static TheoryData<string> Projects => [.. Arrows.Keys];

    [Fact]
    public void Every_project_under_src_has_its_arrows_written_down_here() =>
        Assert.Equal(Arrows.Keys.Order(StringComparer.Ordinal), Directory.GetDirectories(Path.Combine(Root, "src")).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_what_the_design_allows_and_nothing_else(string project)
    {
        var file = XDocument.Load(Path.Combine(Root, "src", project, project + ".csproj"));
        var references = file.Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value));
        Assert.Equal(Arrows[project].Order(StringComparer.Ordinal), references.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Only_the_kernel_project_calls_native_code(string project)
    {
        var native = SourcesOf(project).Where(f => File.ReadAllText(f) is var text
            && (text.Contains("[LibraryImport", StringComparison.Ordinal) || text.Contains("[DllImport", StringComparison.Ordinal)));
        Assert.True(project == "Firewall.Kernel" || !native.Any(), string.Join(", ", native));
    }

    [Fact]
    public void The_ebpf_platform_knows_no_firewall_and_touches_nothing_outside_itself()
    {
        // "netfilter" is the kernel's name of a program type.
        string[] foreign = ["iptables", "Firewall.Rules", "System.Net", "File.Read", "File.Write", "File.Open", "Process.Start", "Console."];
        foreach (var file in SourcesOf("Firewall.Bpf"))
        {
            var code = File.ReadLines(file).Where(l => !l.TrimStart().StartsWith("//", StringComparison.Ordinal));
            Assert.DoesNotContain(code, line => foreign.Any(f => line.Contains(f, StringComparison.OrdinalIgnoreCase)));
        }
    }

    [Fact]
    public void The_rules_project_knows_no_ebpf() =>
        Assert.DoesNotContain(SourcesOf("Firewall.Rules"), f => File.ReadAllText(f).Contains("Firewall.Bpf", StringComparison.Ordinal));

    private static IEnumerable<string> SourcesOf(string project) =>
        Directory.EnumerateFiles(Path.Combine(Root, "src", project), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static string FindRoot()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "Firewall.sln"))) { at = at.Parent!; }
        return at.FullName;
    }
}
