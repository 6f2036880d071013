using System.Text;
using CsCheck;
using Firewall.Agreement.Tests.Generation;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Tests;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Sets;
using Xunit.Abstractions;

namespace Firewall.Agreement.Tests;

/// <summary>Random sets, rules that ask them, and packets: the kernel's ipset reads the same, prints the same, answers the same and counts the same.</summary>
public sealed class SetsAgreeTests(ITestOutputHelper output)
{
    private const int Packets = 150;

    /// <summary>What this kernel has; the others' semantics come from its source alone.</summary>
    private static readonly string[] Types =
    [
        "hash:ip", "hash:net", "hash:ip,port", "hash:ip,port,ip", "hash:ip,port,net", "hash:net,port", "hash:net,iface", "bitmap:ip", "bitmap:port", "bitmap:ip,mac",
    ];

    [SkippableTheory]
    [InlineData(Family.IPv4, Hook.Input)]
    [InlineData(Family.IPv4, Hook.Forward)]
    [InlineData(Family.IPv6, Hook.Input)]
    [InlineData(Family.IPv6, Hook.Forward)]
    public void Sets_answer_as_the_kernels_do(Family family, Hook hook)
    {
        KernelRequired.Tools("ip", "ipset", "iptables-legacy-restore", "iptables-legacy-save", "ip6tables-legacy-restore", "ip6tables-legacy-save");
        using var host = OracleHost.Create(family == Family.IPv4 ? AddressFamily.Ipv4 : AddressFamily.Ipv6, forwarding: hook == Hook.Forward);
        var (faults, sent, decided) = (new List<string>(), 0, 0);
        for (var seed = 1; seed <= Scale.Of(40) && faults.Count < 5; seed++)
        {
            var text = new Text(seed, family, hook);
            if (Fault(host, text, family, hook, (uint)seed, ref sent, ref decided) is { } fault) { faults.Add($"seed {seed}: {fault}\n{text.Sets}{text.Rules}"); }
        }

        output.WriteLine($"{sent} packets, {decided} not accepted");
        Assert.True(faults.Count == 0, string.Join("\n\n", faults));
        Assert.True(decided > sent / 20 && decided < sent, $"{decided} of {sent} packets are not accepted: the test shows nothing");
    }

    private static string? Fault(OracleHost host, Text text, Family family, Hook hook, uint seed, ref int sent, ref int decided)
    {
        var refusal = host.TryLoadSets(text.Sets);
        var file = SetFileReader.Read(SourceText.From(text.Sets));
        if (file.HasErrors != refusal is not null)
        {
            return $"ipset: {refusal ?? "takes it"}; we: {string.Join("; ", file.Diagnostics.Select(d => $"{d.Message} at {d.Primary.Start}"))}";
        }

        if (file.HasErrors) { return null; }
        if (Differ(Lines(host.SaveSets()), Lines(SetText.Save(file.Sets))) is { } printed) { return printed; }
        if (host.TryLoad(text.Rules) is { } why) { return $"the rules do not load: {why}"; }
        var policy = GeneratedRules.Bind(text.Rules, family).Policy!.WithSets(file.Sets);
        var memories = new Memories();
        foreach (var entry in file.Sets.Sets.Select(s => SetImage.Of(s, jiffies: 1000, Memories.DefaultHertz)!).SelectMany(i => i.Entries, (i, e) => (i.Table, e.Key, e.Value)))
        {
            memories.Load(entry.Table, entry.Key.AsSpan(), entry.Value.AsSpan());
        }

        var rules = HostRules.From(hook, family == Family.IPv4 ? policy : null, family == Family.IPv6 ? policy : null);
        var interpreter = new Interpreter(rules, new PacketContext { Hook = hook, Families = [family] }, memories);
        foreach (var packet in Arrivals.Delivered(family, hook).Array[Packets].Generate(new PCG(seed), null, out _))
        {
            var decision = interpreter.Judge(packet.Packet.Frame.AsMemory(), packet.In, packet.Out);
            if (decision.Kind == DecisionKind.Defer)
            {
                // What is not decided may move counters that are compared below.
                if (decision.Reason is DeferReason.Set or DeferReason.Memory) { return null; }
                continue;
            }

            sent++;
            var passed = host.Send(packet.Packet.Frame.AsSpan(), packet.In);
            decided += passed ? 0 : 1;
            if (passed != (decision.Kind == DecisionKind.Accept)) { return $"{packet}: interpreter {decision}, the kernel {(passed ? "accepts" : "does not accept")}"; }
        }

        var ours = file.Sets.Sets.Select(s => s with { Entries = [.. s.Entries.Select(e => Counted(s, e, memories))] });
        return Differ(Lines(host.SaveSets()), Lines(string.Concat(ours.Select(SetText.Save))));
    }

    private static SetEntry Counted(SetDefinition set, SetEntry entry, Memories memories)
    {
        var single = SetImage.Of(set with { Entries = [entry] }, jiffies: 1000, Memories.DefaultHertz)!;
        if (memories.Find(single.Table, single.Entries[0].Key.AsSpan()) is not { } words) { return entry; }
        return SetContents.Of(set, [single.Entries[^1], new TableEntry(single.Entries[0].Key, [.. words])], jiffies: 1000, Memories.DefaultHertz).Entries is [var now] ? now with { Comment = entry.Comment } : entry;
    }

    /// <summary>Lines without what is random or a clock's.</summary>
    private static IEnumerable<string> Lines(string saved) => saved.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(l => System.Text.RegularExpressions.Regex.Replace(l, @" (bucketsize 12|initval \S+|hashsize \d+)|(?<=timeout )\d{4,}|(?<=bitmask [^ /]+)/\d+", "", System.Text.RegularExpressions.RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)));

    private static string? Differ(IEnumerable<string> theirs, IEnumerable<string> ours)
    {
        var (kernel, we) = (theirs.Order(StringComparer.Ordinal).ToList(), ours.Order(StringComparer.Ordinal).ToList());
        return kernel.SequenceEqual(we) ? null : $"ipset prints\n{string.Join('\n', kernel.Except(we).Take(5))}\nwe print\n{string.Join('\n', we.Except(kernel).Take(5))}";
    }

    /// <summary>Random sets and rules.</summary>
    private sealed class Text
    {
        private readonly Random _random;
        private readonly Family _family;
        private readonly AddressPool _pool;
        private readonly string[] _addresses;

        public Text(int seed, Family family, Hook hook)
        {
            (_random, _family, _pool) = (new Random(seed), family, AddressPool.Of(family));
            _addresses = [.. _pool.Sources, .. _pool.Local, .. _pool.Elsewhere.Select(e => e.Address)];
            var (sets, rules) = (new StringBuilder(), new StringBuilder());
            var names = new List<(string Name, string Type)>();
            for (var i = 0; i < 3; i++)
            {
                var type = One(Types.Where(t => family == Family.IPv4 || t == "bitmap:port" || t.StartsWith("hash:", StringComparison.Ordinal)).ToArray());
                names.Add(($"s{i}", type));
                Append(sets, $"s{i}", type);
            }

            if (Chance(40))
            {
                sets.AppendLine($"create lst list:set{(Chance(40) ? " counters" : "")}{(Chance(40) ? " timeout 5000" : "")}");
                foreach (var (name, _) in names.Where(_ => Chance(70))) { sets.AppendLine($"add lst {name}{(Chance(30) ? " before s0" : "")} -exist".Replace($"{name} before {name}", name, StringComparison.Ordinal)); }
                names.Add(("lst", "list:set"));
            }

            rules.Append($"*filter\n:{hook.ChainName()} ACCEPT [0:0]\n");
            for (var i = 0; i < 3; i++)
            {
                var (name, type) = One(names);
                rules.Append($"-A {hook.ChainName()} -m set{(Chance(25) ? " !" : "")} --match-set {name} {Directions(type)}{Options()} -j {(Chance(70) ? "DROP" : "ACCEPT")}\n");
            }

            (Sets, Rules) = (sets.Replace("before s0", names.Any(n => n.Name == "lst") && sets.ToString().Contains("add lst s0 -exist", StringComparison.Ordinal) ? "before s0" : "").ToString(), rules.Append("COMMIT\n").ToString());
        }

        public string Sets { get; }

        public string Rules { get; }

        private string Options()
        {
            var text = "";
            if (Chance(20)) { text += " --return-nomatch"; }
            if (Chance(15)) { text += " ! --update-counters"; }
            if (Chance(15)) { text += " ! --update-subcounters"; }
            if (Chance(20)) { text += One(" --packets-gt 3", " --packets-lt 4", " ! --packets-eq 2", " --packets-eq 1", " --packets-gt 0"); }
            if (Chance(15)) { text += One(" --bytes-gt 100", " --bytes-lt 200"); }
            return text;
        }

        private string Directions(string type)
        {
            var dimension = type == "list:set" ? _random.Next(1, 4) : type.Split(',').Length;
            var count = Chance(90) ? dimension : Math.Max(1, dimension + _random.Next(-1, 2));
            return string.Join(',', Enumerable.Range(0, count).Select(_ => One("src", "dst")));
        }

        private void Append(StringBuilder sets, string name, string type)
        {
            var header = $"create {name} {type}";
            var isPort = type == "bitmap:port";
            if (type.StartsWith("hash:", StringComparison.Ordinal) && _family == Family.IPv6) { header += " family inet6"; }
            if (type.StartsWith("bitmap:ip", StringComparison.Ordinal)) { header += $" range {One("10.0.0.0/24", "192.0.2.0-203.0.113.255", "10.0.0.1-10.0.0.5")}".Replace("192.0.2.0-203.0.113.255", "192.0.2.0/25", StringComparison.Ordinal); }
            if (isPort) { header += $" range {One("0-65535", "20-100", "1-1000")}"; }
            if (type == "hash:ip" && Chance(40)) { header += $" netmask {(_family == Family.IPv4 ? One("30", "24", "31", "1") : One("64", "126", "127", "3"))}"; }
            else if (type == "hash:ip,port" && Chance(25)) { header += $" netmask {(_family == Family.IPv4 ? One("30", "24") : One("64", "126"))}"; }
            else if (type == "hash:ip" && Chance(20)) { header += $" bitmask {(_family == Family.IPv4 ? "255.0.0.255" : "ffff::ffff")}"; }
            if (type == "bitmap:ip" && Chance(25)) { header += " netmask 30"; }
            var (hasTimeout, hasCounters, hasComment) = (Chance(30), Chance(50), Chance(20));
            sets.AppendLine($"{header}{(hasTimeout ? " timeout 7000" : "")}{(hasCounters ? " counters" : "")}{(hasComment ? " comment" : "")}");
            for (var i = _random.Next(12); i >= 0; i--)
            {
                var element = Element(type, out var hasWildcard);
                if (element is null) { continue; }
                var flags = type.Contains("net", StringComparison.Ordinal) && Chance(30) ? " nomatch" : "";
                if (hasWildcard) { flags += " wildcard"; }
                if (hasTimeout && Chance(30)) { flags += One(" timeout 0", " timeout 9000"); }
                if (hasCounters && Chance(30)) { flags += " packets 2 bytes 77"; }
                if (hasComment && Chance(50)) { flags += " comment \"a b\""; }
                sets.AppendLine($"add {name} {element}{flags} -exist");
            }
        }

        private string? Element(string type, out bool hasWildcard)
        {
            hasWildcard = false;
            var address = Address();
            switch (type)
            {
                case "bitmap:port":
                    return One("22", "53", "80", "80-82", "http");
                case "bitmap:ip":
                    return One("10.0.0.2", "10.0.0.3", "10.0.0.2-10.0.0.4", "192.0.2.1", "10.0.0.4/31");
                case "bitmap:ip,mac":
                    return One("10.0.0.2", "10.0.0.3,02:00:00:00:00:02", "10.0.0.4,02:00:00:00:00:98", "10.0.0.5", "10.0.0.2,02:00:00:00:00:02");
                case "hash:ip":
                    return address;
                case "hash:net":
                    return Net(mayBeRange: true);
                case "hash:net,iface":
                    hasWildcard = Chance(25);
                    return $"{Net(mayBeRange: false)},{(hasWildcard ? One("e", "eth", "lo") : One("eth0", "eth1", "physdev:eth0", "eth"))}";
                case "hash:ip,port":
                    return $"{address},{Port()}";
                case "hash:ip,port,ip":
                    return $"{address},{Port()},{Address()}";
                case "hash:ip,port,net":
                    return $"{address},{Port()},{Net(mayBeRange: true)}";
                default:
                    return $"{Net(mayBeRange: true)},{Port()}";
            }
        }

        private string Address() => One(_addresses);

        private string Net(bool mayBeRange)
        {
            if (mayBeRange && _family == Family.IPv4 && Chance(10)) { return One("10.0.0.2-10.0.0.9", "192.0.2.0-203.0.113.9"); }
            return Chance(25) ? Address() : $"{Address()}/{(_family == Family.IPv4 ? One("1", "8", "16", "24", "25", "30", "31", "32") : One("1", "16", "32", "48", "63", "64", "65", "120", "126", "128"))}";
        }

        private string Port() => One(
            "80", "tcp:80", "udp:53", "tcp:22-23", "sctp:80", "udplite:53", "gre:0", "udp:0", "tcp:1000", "udp:80", _family == Family.IPv4 ? "icmp:8/0" : "icmpv6:128/0",
            _family == Family.IPv4 ? "icmp:port-unreachable" : "icmpv6:135/0", "esp:0", "dccp:0", "igmp:0");

        private bool Chance(int percent) => _random.Next(100) < percent;

        private T One<T>(params IReadOnlyList<T> choices) => choices[_random.Next(choices.Count)];
    }
}
