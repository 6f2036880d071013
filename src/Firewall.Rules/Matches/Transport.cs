using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Matches;

/// <summary>What the modules that look into a transport header have in common.</summary>
internal static class Transport
{
    public const byte Icmp = 1, Tcp = 6, Udp = 17, Dccp = 33, Esp = 50, Authentication = 51, Icmp6 = 58, Sctp = 132, UdpLite = 136;

    public static readonly ValueRange AnyPort = new(0, ushort.MaxValue);

    /// <summary>Not a later fragment, and a header of that many bytes, or the packet is dropped at once.</summary>
    public static Guard Header(int bytes) =>
        Guard.Of(Field.FragmentOffset.Is(0), new HeaderGate(HeaderBase.Transport, bytes, WhenMissing.Hotdrop));

    public static Option<ValueRange> SourcePort(ValueGrammar<ValueRange> ports) =>
        Option.Value("--sport", ports).Alias("--source-port").Negatable();

    public static Option<ValueRange> DestinationPort(ValueGrammar<ValueRange> ports) =>
        Option.Value("--dport", ports).Alias("--destination-port").Negatable();

    /// <summary>Asks for the field's value to lie in the range, or not to.</summary>
    public static Test In(this Field field, Given<ValueRange> range) =>
        field.In(ValueSet.Between(range.Value.Low, range.Value.High), range.IsNegated);

    /// <summary>The guard with one question more, unless the answer is always yes.</summary>
    public static Guard And(this Guard guard, Test test) => test.IsAlwaysTrue ? guard : new([.. guard.Atoms, test]);

    public static Guard And(this Guard guard, Atom atom) => new([.. guard.Atoms, atom]);
}
