using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>What hbh and dst share: they are one module in the kernel (net/ipv6/netfilter/ip6t_hbh.c, <c>hbh_mt6</c>).</summary>
/// <param name="prefix"><c>--hbh</c> or <c>--dst</c>.</param>
/// <param name="from">The header they look into.</param>
internal sealed class OptionsHeader(string prefix, HeaderBase from)
{
    private readonly Option<uint> _length = Option.Value($"{prefix}-len", Values.Number(uint.MaxValue)).Negatable();
    private readonly Option<ImmutableArray<HeaderOption>> _options = Option.Value($"{prefix}-opts", Values.HeaderOptions);

    public ImmutableArray<Option> All => [_length, _options];

    public Given<uint>? Length(GivenOptions given) => given.Get(_length);

    public EquatableArray<HeaderOption> List(GivenOptions given) => new(given.Get(_options, []).Value);

    public Guard Meaning(Given<uint>? length, EquatableArray<HeaderOption> options)
    {
        var guard = Guard.Of(new HeaderGate(from, 2, WhenMissing.Hotdrop), new Search(BeginsWith(options), Negated: false));
        return length is { } asked ? guard.And(HeaderLength(from).In(LengthInUnits(asked.Value), asked.IsNegated)) : guard;
    }

    public void Print(OptionWriter writer, Given<uint>? length, EquatableArray<HeaderOption> options)
    {
        if (length is { } asked) { writer.Write(_length, $"{asked.Value}", asked.IsNegated); }
        if (options.Count > 0) { writer.Write(_options, string.Join(',', options)); }
    }

    /// <summary>The byte that holds an extension header's length in units of eight bytes, less one.</summary>
    internal static Field HeaderLength(HeaderBase from) => Field.Bytes(from, 1, 1, "extension header length");

    /// <summary>The values of <see cref="HeaderLength"/> for a header of so many bytes.</summary>
    internal static ValueSet LengthInUnits(uint bytes) => bytes % 8 == 0 && bytes >= 8 ? ValueSet.Of(bytes / 8 - 1) : ValueSet.Empty;

    /// <summary>
    /// The header begins with these options. Only the last one may run past the header's end; a header that runs past the packet's end drops it
    /// (measured on Linux 6.18).
    /// </summary>
    private StepProgram BeginsWith(EquatableArray<HeaderOption> options)
    {
        Local place = new(0), left = new(1), octet = new(2);
        return new("options_header", Locals: 3,
        [
            Set(place, new OffsetOf(from)),
            Byte(octet, place + 1),
            Set(left, (octet + 1) * 8),
            If((place + left).Above(new PacketEnd()), Hotdrop),
            Set(place, place + 2),
            Set(left, left - 2),
            .. options.SelectMany((option, index) => OneOption(option, isLast: index == options.Count - 1, place, left, octet)),
            Found,
        ]);
    }

    private static IEnumerable<Step> OneOption(HeaderOption option, bool isLast, Local place, Local left, Local octet)
    {
        yield return If(left.Below(1), NotFound);
        yield return Byte(octet, place);
        yield return If(octet.IsNot(option.Type), NotFound);
        if (option.Type == 0)
        {
            yield return Set(octet, 1);
        }
        else
        {
            yield return If(left.Below(2), NotFound);
            yield return Byte(octet, place + 1);
            if (option.Length is { } length) { yield return If(octet.IsNot(length), NotFound); }
            yield return Set(octet, octet + 2);
        }

        if (isLast) { yield break; }
        yield return If(left.Below(octet), NotFound);
        yield return Set(place, place + octet);
        yield return Set(left, left - octet);
    }
}
