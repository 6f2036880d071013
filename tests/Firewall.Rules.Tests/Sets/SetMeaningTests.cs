using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;
using Firewall.Rules.Sets;

namespace Firewall.Rules.Tests.Sets;

/// <summary>
/// What the source says of types that few kernels have (net/netfilter/ipset/ip_set_hash_netnet.c, _mac.c, _ipmac.c, _ipmark.c, _netportnet.c), of time, and of contents that change.
/// </summary>
public sealed class SetMeaningTests
{
    private static readonly Packet Segment = Packet.Tcp(1000, 80).From("10.0.0.2").To("10.0.0.1");

    [Theory]
    [InlineData("create s hash:net,net|add s 10.0.0.0/24,10.0.0.0/30", "src,dst", true)]
    [InlineData("create s hash:net,net|add s 10.0.0.0/24,10.0.0.4/30", "src,dst", false)]
    [InlineData("create s hash:net,net|add s 10.0.0.0/24,10.0.0.1|add s 10.0.0.2,10.0.0.0/8 nomatch", "src,dst", false)]
    [InlineData("create s hash:net,net|add s 10.0.0.0/8,10.0.0.1 nomatch|add s 10.0.0.2,10.0.0.0/8", "src,dst", true)]
    [InlineData("create s hash:net,net|add s 10.0.0.1,10.0.0.2", "dst,src", true)]
    [InlineData("create s hash:net,net|add s 10.0.0.0/8,10.0.0.0/8", "src", false)]
    [InlineData("create s hash:mac|add s 02:00:00:00:00:02", "src", true)]
    [InlineData("create s hash:mac|add s 02:00:00:00:00:03", "src", false)]
    [InlineData("create s hash:ip,mac|add s 10.0.0.2,02:00:00:00:00:02", "src,src", true)]
    [InlineData("create s hash:ip,mac|add s 10.0.0.3,02:00:00:00:00:02", "src,src", false)]
    [InlineData("create s hash:ip,mark|add s 10.0.0.2,0", "src,src", true)]
    [InlineData("create s hash:ip,mark|add s 10.0.0.2,1", "src,src", false)]
    [InlineData("create s hash:net,port,net|add s 10.0.0.0/8,80,0.0.0.0/0", "src,dst,dst", true)]
    [InlineData("create s hash:net,port,net|add s 10.0.0.0/8,80,0.0.0.0/0", "src,src,dst", false)]
    [InlineData("create s hash:net,port,net|add s 10.0.0.0/8,80,0.0.0.0/0|add s 10.0.0.0/9,80,10.0.0.1 nomatch", "src,dst,dst", false)]
    [InlineData("create s hash:ip family inet6|add s ::1", "src", false)]
    public void Types_that_this_kernel_lacks(string sets, string directions, bool hits) => Assert.Equal(hits, World.Of(sets, directions).Hits(Segment));

    [Fact]
    public void An_element_dies_when_its_time_is_over()
    {
        var world = World.Of("create s hash:net timeout 2|add s 10.0.0.0/8|add s 10.0.0.0/24 nomatch timeout 1", "src");
        Assert.False(world.Hits(Segment));
        world.Jiffies += Memories.DefaultHertz;
        Assert.False(world.Hits(Segment));
        world.Jiffies++;
        Assert.True(world.Hits(Segment));
        world.Jiffies += Memories.DefaultHertz;
        Assert.False(world.Hits(Segment));
    }

    [Fact]
    public void More_prefixes_than_fit_one_piece_are_tried_longest_first()
    {
        var lines = Enumerable.Range(1, 31).Select(p => $"add s 10.0.0.2/{p}{(p % 2 == 0 ? " nomatch" : "")}");
        var world = World.Of($"create s hash:net|{string.Join('|', lines)}", "src");
        Assert.True(world.Hits(Segment));
        Assert.False(world.Hits(Segment.From("10.0.0.0")) && world.Hits(Segment.From("10.0.0.4")));
        Assert.True(world.Hits(Segment.From("127.0.0.1")));
    }

    [Fact]
    public void New_contents_need_no_new_program()
    {
        var world = World.Of("create s hash:net|add s 10.0.0.0/8", "src");
        var other = SetFileReader.Read(SourceText.From("create s hash:net\nadd s 10.0.0.0/29 nomatch\n")).Sets.Sets[0];
        world.Load(SetImage.Of(other, 0, Memories.DefaultHertz, generation: 1)!);
        Assert.False(world.Hits(Segment));
        Assert.Equal(["10.0.0.0/29"], SetContents.Of(other, SetImage.Of(other, 0, 250, generation: 7)!.Entries, 0, 250).Entries.Select(e => SetText.Element(other, e)));
    }

    [Fact]
    public void An_unknown_set_is_unknown() =>
        Assert.Equal([new Unknowable(DeferReason.Set)], SetMeaning.Of(new SetMatch("s", [SetDirection.Source], IsNegated: false), SetCatalog.Empty, Family.IPv4).Atoms.AsEnumerable());

    [Fact]
    public void A_set_without_counters_is_no_memory()
    {
        Assert.False(Assert.IsType<Search>(Assert.Single(World.Of("create s hash:net|add s 10.0.0.0/8", "src").Guard.Atoms)).Program.KeepsMemory);
        Assert.True(Assert.IsType<Search>(Assert.Single(World.Of("create s hash:net counters|add s 10.0.0.0/8", "src").Guard.Atoms)).Program.KeepsMemory);
    }

    private sealed class World(Guard guard)
    {
        private readonly Memories _memories = new();

        public Guard Guard => guard;

        public ulong Jiffies { get; set; } = 1000;

        public static World Of(string sets, string directions)
        {
            var file = SetFileReader.Read(SourceText.From(sets.Replace('|', '\n') + "\n"));
            Assert.Equal([], file.Diagnostics.Select(d => d.Message));
            var match = new SetMatch("s", [.. directions.Split(',').Select(d => d == "src" ? SetDirection.Source : SetDirection.Destination)], IsNegated: false);
            var world = new World(SetMeaning.Of(match, file.Sets, Family.IPv4));
            foreach (var set in file.Sets.Sets) { world.Load(SetImage.Of(set, world.Jiffies, Memories.DefaultHertz)!); }
            return world;
        }

        public void Load(SetImage image)
        {
            foreach (var entry in image.Entries) { _memories.Load(image.Table, entry.Key.AsSpan(), entry.Value.AsSpan()); }
        }

        public bool Hits(Packet packet)
        {
            _memories.Now = new Moment(Jiffies, 0, 0);
            Assert.True(PacketView.TryDecode(packet.Frame.AsMemory(), new PacketContext { InInterface = "eth0" }, out var view, out _));
            return new GuardEvaluator(new RuleMemory(_memories, guard)).Evaluate(guard, view).Outcome == GuardOutcome.Match;
        }
    }
}
