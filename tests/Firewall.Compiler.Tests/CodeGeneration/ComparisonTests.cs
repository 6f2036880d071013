using System.Buffers.Binary;
using CsCheck;
using Firewall.Compiler.Engines;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Compiler.Tests.CodeGeneration;

/// <summary>Branch-free comparisons against the sets they stand for, at the values around every bound.</summary>
public sealed class ComparisonTests
{
    private static readonly Gen<ValueSet> Ports = Sets(16);

    [Fact]
    public void A_port_is_in_the_compiled_set_exactly_when_it_is_in_the_set() =>
        Gen.Select(Ports, Gen.Bool, Gen.UInt).Sample((set, negated, seed) =>
        {
            var engine = Engine(Field.DestinationPort.In(set, negated));
            foreach (var value in Around(set, 16, seed))
            {
                var frame = Packet.Udp(7, (ushort)value).Frame;
                AssertSame(engine, frame.AsSpan(), set.Contains(value) != negated, value);
            }
        }, iter: 400);

    [Fact]
    public void An_IPv4_address_is_in_the_compiled_set_exactly_when_it_is_in_the_set() =>
        Gen.Select(Sets(32), Gen.Bool, Gen.UInt).Sample((set, negated, seed) =>
        {
            var engine = Engine(Field.SourceAddress(Family.IPv4).In(set, negated));
            foreach (var value in Around(set, 32, seed))
            {
                var frame = Packet.Udp(7, 9).Frame.ToArray();
                BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(26), (uint)value);
                AssertSame(engine, frame, set.Contains(value) != negated, value);
            }
        }, iter: 400);

    [Fact]
    public void An_IPv6_address_is_in_the_compiled_set_exactly_when_it_is_in_the_set() =>
        Gen.Select(Sets(128), Gen.Bool, Gen.UInt).Sample((set, negated, seed) =>
        {
            var engine = Engine(Field.DestinationAddress(Family.IPv6).In(set, negated), Family.IPv6);
            foreach (var value in Around(set, 128, seed))
            {
                var frame = Packet.Udp6(7, 9).Frame.ToArray();
                BinaryPrimitives.WriteUInt128BigEndian(frame.AsSpan(38), value);
                AssertSame(engine, frame, set.Contains(value) != negated, value);
            }
        }, iter: 400);

    [Fact]
    public void A_masked_address_equals_the_compiled_value_exactly_when_it_equals_the_value() =>
        Gen.Select(Gen.UInt, Gen.UInt, Gen.Bool, Gen.UInt).Sample((mask, value, negated, other) =>
        {
            var engine = Engine(Field.DestinationAddress(Family.IPv4).Masked(mask, value & mask, negated));
            foreach (var address in new[] { value, other, value ^ 1, value ^ 0x8000_0000, value ^ ~mask })
            {
                var frame = Packet.Udp(7, 9).Frame.ToArray();
                BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(30), address);
                AssertSame(engine, frame, ((address & mask) == (value & mask)) != negated, address);
            }
        }, iter: 400);

    [Fact]
    public void A_source_MAC_equals_the_compiled_one_exactly_when_all_six_bytes_do() =>
        Gen.Select(Gen.Byte.Array[6], Gen.Bool).Sample((mac, negated) =>
        {
            var number = mac.Aggregate(0UL, (n, b) => (n << 8) | b);
            var engine = Engine(Field.SourceMac.Is(number, negated));
            AssertSame(engine, Packet.Udp(7, 9).WithSourceMac(mac).Frame.AsSpan(), !negated, number);
            for (var i = 0; i < 6; i++)
            {
                mac[i] ^= 0x80;
                AssertSame(engine, Packet.Udp(7, 9).WithSourceMac(mac).Frame.AsSpan(), negated, number);
                mac[i] ^= 0x80;
            }
        }, iter: 100);

    private static Gen<ValueSet> Sets(int bits) =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Int[0, 127], Gen.Int[0, 127]).Array[1, 5].Select(parts => ValueSet.Union(parts.Select(p =>
        {
            var low = (((UInt128)p.Item1 << 64) | p.Item2) & ValueSet.Maximum(bits) & (UInt128.MaxValue >> (p.Item3 % bits));
            var width = (UInt128)p.Item2 >> (p.Item4 % 64);
            var high = UInt128.Min(low + width < low ? low : low + width, ValueSet.Maximum(bits));
            return new ValueRange(low, p.Item4 % 3 == 0 ? low : high);
        })));

    private static IEnumerable<UInt128> Around(ValueSet set, int bits, uint seed) =>
        set.Ranges.SelectMany(r => new[] { r.Low, r.High, r.Low - 1, r.High + 1 })
            .Append(UInt128.Zero).Append(ValueSet.Maximum(bits)).Append((UInt128)seed).Where(v => v <= ValueSet.Maximum(bits));

    private static void AssertSame(VmEngine engine, ReadOnlySpan<byte> frame, bool matches, UInt128 value) =>
        Assert.True(engine.Judge(frame).Kind == (matches ? DecisionKind.Accept : DecisionKind.Drop), $"{value}: expected {(matches ? "a match" : "no match")}");

    private static VmEngine Engine(Test test, Family family = Family.IPv4)
    {
        var rule = new Rule(1, [new Asks(Guard.Of(new HeaderGate(HeaderBase.Transport, 8, WhenMissing.Hotdrop), test))], new AcceptTarget(), null, 1, default);
        var chain = new Chain("INPUT", Verdict.Drop, default, [rule], null);
        var policy = new Policy(family, [new Rules.Policies.Table("filter", [chain])]);
        var rules = family == Family.IPv4 ? HostRules.From(Hook.Input, policy, null) : HostRules.From(Hook.Input, null, policy);
        return new VmEngine(Compiler.CodeGeneration.LinearGenerator.Generate(rules, new CompileOptions { Interface = "eth0" }));
    }

    /// <summary>A match that asks just what the test needs.</summary>
    private sealed record Asks(Guard Question) : Match
    {
        public override string? ModuleName => null;

        public override Guard Meaning(Family family) => Question;

        public override void Print(OptionWriter writer)
        {
        }
    }
}
