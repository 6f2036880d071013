using Firewall.Rules.Matches;
using Firewall.Rules.Targets;
using Firewall.Testing;

namespace Firewall.Compiler.Tests.Placement;

public sealed class ModuleTableTests
{
    [Fact]
    public void The_reference_of_modules_says_where_the_compiler_decides_them() => Golden.VerifyFile(
        ModuleTable.Write(MatchModules.All, TargetModules.All), Repository.PathOf("docs", "reference", "modules.md"), Repository.PathOf("docs", "reference", "modules.received.txt"));
}
