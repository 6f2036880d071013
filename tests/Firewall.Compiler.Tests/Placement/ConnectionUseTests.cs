using Firewall.Compiler.Placement;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;

namespace Firewall.Compiler.Tests.Placement;

public sealed class ConnectionUseTests
{
    [Theory]
    [InlineData("-A PREROUTING -p tcp -j CT --helper ftp", true, false)]
    [InlineData("-A OUTPUT -j CT --zone-orig 3", false, true)]
    [InlineData("-A PREROUTING -j CT --zone mark", false, true)]
    [InlineData("-A PREROUTING -j CT --zone 0", false, false)]
    [InlineData("-A PREROUTING -j CT --notrack", false, false)]
    public void Rules_of_raw_give_helpers_and_zones(string rule, bool helper, bool zone)
    {
        var policy = Binder.Bind(RuleSetReader.Read(SourceText.From($"*raw\n{rule}\nCOMMIT\n"), Family.IPv4), new BindOptions(Family.IPv4)).Policy!;
        Assert.Equal((helper, zone), (ConnectionUse.GivesHelpers(policy), ConnectionUse.MakesZones(policy)));
    }
}
