using System.Text;
using System.Text.Json;
using Firewall.Cli.Attachment;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Links;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Network;
using Firewall.Kernel.Pins;
using Firewall.Rules.Evaluation;

namespace Firewall.Cli.Tests.Attachment;

/// <summary>What is pinned beside a program tells all that counters need.</summary>
public sealed class FirewallNoteTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 1, 2, 3, TimeSpan.Zero);

    [Fact]
    public void A_note_is_read_back_as_it_was()
    {
        var note = NoteOf(AttachTests.NameServer);
        var read = FirewallNote.Parse(note.ToJson());
        Assert.Equal(note.ToJson(), read.ToJson());
        Assert.Equal(("eth0", "INPUT", "native", "drop", Now), (read.Interface, read.Chain, read.Mode, read.Deferred, read.Attached));
        var rules = Assert.Single(read.Rules);
        Assert.Equal(["INPUT", "u"], rules.Chains.Select(c => c.Name));
        Assert.Equal((0, (int?)2, 3), (rules.Chains[0].FirstCounter, rules.Chains[0].PolicyCounter, rules.Chains[1].FirstCounter));
        Assert.Equal([4, 5], rules.Chains[0].Lines.AsEnumerable());
        Assert.True(read.Passes("dhcp"));
        Assert.False(read.Passes("fragment"));
    }

    [Fact]
    public void Bytes_of_comments_survive()
    {
        var policy = GuardedHost.Policy("-A INPUT -m comment --comment gr\u00fc\u00dfe -j DROP");
        var read = FirewallNote.Parse(NoteOf(policy).ToJson());
        Assert.Equal(policy.Tables[0].Chain("INPUT")!.Rules[0].ToText(), read.Rules[0].Read().Chain("INPUT")!.Rules[0].ToText());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"version":99,"interface":"eth0","chain":"INPUT","mode":"native","deferred":"drop","attached":"2026-11-23T00:00:00Z","rules":[],"reasons":[],"passingReasons":[]}""")]
    public void What_is_no_note_of_this_version_is_refused(string json) => Assert.Throws<JsonException>(() => FirewallNote.Parse(json));

    [SkippableFact]
    public void Notes_of_twenty_thousand_rules_fit_into_the_kernel()
    {
        using var host = new GuardedHost();
        var text = new StringBuilder(":INPUT DROP");
        for (var chain = 1; chain < 5; chain++) { text.Append($"\n:u{chain} -\n-A INPUT -j u{chain}"); }
        for (var rule = 0; rule < 19_996; rule++)
        {
            text.Append($"\n-A {(rule % 5 == 0 ? "INPUT" : $"u{rule % 5}")} -s 198.51.{rule / 256}.{rule % 256}/32 -p tcp -m tcp --dport {rule} -m comment --comment \"rule {rule}\" -j DROP");
        }

        var policy = GuardedHost.Policy(text.ToString());
        var json = NoteOf(policy).ToJson();
        using var loaded = LoadedObject.Load(Kernel.Tests.Rig.Programs.Counting());
        using var link = host.Space.Run(() => XdpLink.Attach(loaded.Entry, NetworkInterfaces.Get("eth0")));
        PinnedFirewall.Pin(host.Pins, host.Space.Inode, "eth0", link, loaded, json);
        using var pinned = PinnedFirewall.Open(host.Pins, host.Space.Inode, "eth0");
        var read = FirewallNote.Parse(pinned.Metadata);
        Assert.Equal(20_000, read.Rules[0].Chains.Sum(c => c.Lines.Length));
        Assert.Equal(20_000, read.Rules[0].Read().Chains.Sum(c => c.Rules.Length));
    }

    private static FirewallNote NoteOf(string filter) => NoteOf(GuardedHost.Policy(filter));

    /// <summary>The note of a firewall that was not generated: its counters follow from the rules alone.</summary>
    private static FirewallNote NoteOf(Firewall.Rules.Policies.Policy policy)
    {
        var rules = HostRules.From(Hook.Input, policy, ipv6: null);
        var firewall = new CompiledFirewall(new("none", [], []), rules, new CounterLayout(rules), new InterfacePatterns(), new CompileOptions(), 1, 0);
        return FirewallNote.Of(firewall, GuardedHost.Request(policy), XdpMode.Native, Now);
    }
}
