namespace Firewall.Rules.Tests.Matches;

/// <summary>The sets that examples and derived sentences name; lists, because those are of no family.</summary>
internal static class ExampleSets
{
    public const string Text = "create blocked list:set\ncreate servers list:set\ncreate nets list:set\ncreate s list:set\n";
}
