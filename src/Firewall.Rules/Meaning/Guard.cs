using System.Collections.Immutable;

namespace Firewall.Rules.Meaning;

/// <summary>
/// What a rule asks of a packet: a conjunction of atoms, asked left to right as the kernel asks the matches of a rule.
/// </summary>
/// <remarks>
/// Evaluation has four outcomes: match, no match, hotdrop (the packet is dropped at once and no counter moves) and
/// unknown with a <see cref="DeferReason"/>. An atom that is false ends the evaluation with "no match". An unknown atom is
/// remembered and evaluation goes on: a later false atom still gives "no match"; a failing gate, or the end of the
/// guard, gives "unknown".
/// </remarks>
public sealed record Guard(ImmutableArray<Atom> Atoms)
{
    /// <summary>Matches every packet.</summary>
    public static readonly Guard Always = new([]);

    public static Guard Of(params ReadOnlySpan<Atom> atoms) => new([.. atoms]);

    public Guard Then(Guard next) => new([.. Atoms, .. next.Atoms]);

    public bool Equals(Guard? other) => other is not null && Atoms.AsSpan().SequenceEqual(other.Atoms.AsSpan());

    public override int GetHashCode() => Atoms.Length == 0 ? 0 : HashCode.Combine(Atoms.Length, Atoms[0], Atoms[^1]);
}

/// <summary>One question of a <see cref="Guard"/>.</summary>
public abstract record Atom;

/// <summary>True when <c>field &amp; mask</c> lies in <paramref name="Values"/>.</summary>
public sealed record Test(Field Field, UInt128 Mask, ValueSet Values) : Atom
{
    /// <summary>Matches every value the field can have.</summary>
    public bool IsAlwaysTrue => Values.Equals(ValueSet.All(Field.Bits)) || (Mask == 0 && Values.Contains(0));
}

/// <summary>True when any of the tests is.</summary>
public sealed record AnyOf(ImmutableArray<Test> Tests) : Atom
{
    public bool Equals(AnyOf? other) => other is not null && Tests.AsSpan().SequenceEqual(other.Tests.AsSpan());

    public override int GetHashCode() => Tests.Length;
}

/// <summary>False for every packet: a rule that iptables accepts and that never matches.</summary>
public sealed record Never : Atom;

/// <summary>Which device name a rule asks for.</summary>
public enum InterfaceDirection
{
    In,
    Out,
}

/// <summary>
/// True when the packet's input or output device fits the pattern. A trailing <c>+</c> in iptables text makes
/// <paramref name="IsPrefix"/>; an empty prefix fits every name, also the empty one.
/// </summary>
public sealed record InterfaceTest(InterfaceDirection Direction, string Name, bool IsPrefix, bool Negated) : Atom
{
    public bool Fits(string device) =>
        (IsPrefix ? device.StartsWith(Name, StringComparison.Ordinal) : string.Equals(device, Name, StringComparison.Ordinal)) != Negated;
}

/// <summary>What happens when the bytes a rule wants to read are not in the packet.</summary>
public enum WhenMissing
{
    /// <summary>The packet is dropped at once; the kernel's <c>par->hotdrop</c>.</summary>
    Hotdrop,

    /// <summary>The rule does not match.</summary>
    NoMatch,
}

/// <summary>
/// Asks that <paramref name="Bytes"/> bytes behind <paramref name="Base"/> belong to the packet (Ethernet padding does not).
/// </summary>
/// <remarks>
/// <para>Transport: the number of bytes present is <see cref="FieldKind.TransportLength"/>; too few gives <paramref name="WhenShort"/>.
/// In IPv6 a broken extension header chain counts as "too few" (a preceding <see cref="ChainGate"/> has dropped the packet by then).</para>
/// <para>IPv6 extension headers, as <c>ipv6_find_hdr(target)</c>: absent gives no match; a chain that breaks off before the header
/// is found gives hotdrop; found, but too short, gives <paramref name="WhenShort"/>.</para>
/// <para>Bytes that the packet has but the engine cannot read give unknown with <see cref="DeferReason.Truncated"/>.</para>
/// </remarks>
public sealed record HeaderGate(HeaderBase Base, int Bytes, WhenMissing WhenShort) : Atom;

/// <summary>
/// IPv6 only: asks that the chain of extension headers can be walked to a transport protocol, as any rule with <c>-p</c>
/// does (<c>ip6_packet_match</c>); a cut header, or a later fragment that names another extension header, is a hotdrop.
/// </summary>
public sealed record ChainGate : Atom;

/// <summary>Asks that the test holds; where it does not the packet is dropped at once.</summary>
public sealed record HotdropUnless(Test Test) : Atom;

/// <summary>
/// A search through the packet that is more than a comparison of fields, or a question to a memory. A program that keeps memory is asked only when all that
/// stands before it in the rule is certainly true, because asking changes it.
/// </summary>
/// <param name="Program">Gives match, no match or hotdrop.</param>
/// <param name="Negated">Exchanges match and no match.</param>
/// <param name="CountsHotdrop">
/// The kernel takes a hotdrop for a match here: it goes on to ask the rest of the rule, which counts the packet if that matches too; then the packet
/// is dropped, whatever the rest said.
/// </param>
public sealed record Search(StepProgram Program, bool Negated, bool CountsHotdrop = false) : Atom;

/// <summary>No hook of ours can know: the packet is deferred unless something else in the rule is certainly false.</summary>
public sealed record Unknowable(DeferReason Reason) : Atom;
