using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Matches;

/// <summary>An address and a mask, as numbers in network order; bits outside the mask are zero.</summary>
public readonly record struct AddressMask(UInt128 Address, UInt128 Mask)
{
    /// <summary>Null when the mask is not a prefix (its ones do not come first).</summary>
    public int? PrefixLength(Family family)
    {
        var bits = family.AddressBits();
        var ones = (int)UInt128.PopCount(Mask);
        return Mask == Prefix(ones, bits) ? ones : null;
    }

    public static UInt128 Prefix(int length, int bits) => length == 0 ? 0 : ValueSet.Maximum(bits) & ~ValueSet.Maximum(bits - length);
}

/// <summary>
/// Addresses of <c>-s</c> and <c>-d</c> as libxtables reads and writes them (<c>xtables_ipparse_multiple</c>, <c>xtables_ip6parse_multiple</c>
/// in libxtables/xtables.c; <c>save_ipv4_addr</c> in iptables/xshared.c).
/// </summary>
public static class Addresses
{
    /// <summary>A list divided by commas, each <c>ADDRESS</c> or <c>ADDRESS/MASK</c>, the mask a number of bits or an address.</summary>
    public static readonly ValueGrammar<IReadOnlyList<AddressMask>> List = new("address-list", 1, (words, context) => ReadList(words[0], context));

    /// <summary>How iptables-save prints an address with its mask: <c>10.0.0.0/8</c>, <c>10.0.0.9/255.0.0.255</c>.</summary>
    public static string Text(AddressMask value, Family family) =>
        value.PrefixLength(family) is { } length
            ? $"{AddressText.Format(value.Address, family)}/{length}"
            : $"{AddressText.Format(value.Address, family)}/{AddressText.Format(value.Mask, family)}";

    private static ValueResult<IReadOnlyList<AddressMask>> ReadList(string text, ValueContext context)
    {
        if (!text.Contains(',')) { return ReadOne(text, context); }
        var all = new List<AddressMask>();
        foreach (var part in text.Split(','))
        {
            var result = ReadOne(part.TrimStart(), context);
            if (result.IsError) { return result; }
            all.AddRange(result.Value!);
        }

        return all;
    }

    private static ValueResult<IReadOnlyList<AddressMask>> ReadOne(string text, ValueContext context)
    {
        var slash = text.LastIndexOf('/');
        var mask = ValueSet.Maximum(context.Family.AddressBits());
        if (slash >= 0 && !TryReadMask(text.AsSpan(slash + 1), context.Family, out mask))
        {
            return new WrongValue($"`{text[(slash + 1)..]}` is not a mask", $"a mask is a number of bits from 0 to {context.Family.AddressBits()} or an address");
        }

        // "any/0": with an empty mask the name before it is not even looked at.
        if (mask == 0) { return new[] { default(AddressMask) }; }
        var name = slash >= 0 ? text.AsSpan(0, slash) : text;
        if (AddressText.TryParse(name, context.Family, out var address)) { return new[] { new AddressMask(address & mask, mask) }; }
        return Resolve(name.ToString(), mask, context);
    }

    private static bool TryReadMask(ReadOnlySpan<char> text, Family family, out UInt128 mask)
    {
        if (AddressText.TryParseMask(text, family, out mask)) { return true; }
        if (!Numbers.TryParse(text, (ulong)family.AddressBits(), out var length)) { return false; }
        mask = AddressMask.Prefix((int)length, family.AddressBits());
        return true;
    }

    private static ValueResult<IReadOnlyList<AddressMask>> Resolve(string name, UInt128 mask, ValueContext context)
    {
        if (AddressText.TryParse(name, Other(context.Family), out _))
        {
            return new WrongValue($"`{name}` is an {Other(context.Family)} address in {context.Family} rules",
                $"give `-{(int)Other(context.Family)}` if the whole file is for {Other(context.Family)}");
        }

        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(AddressText.HostCharacters) || name.All(c => char.IsAsciiDigit(c) || c == '.'))
        {
            return new WrongValue($"`{name}` is not an address", null);
        }

        if (context.Resolver is null)
        {
            return new WrongValue($"{HostNameError}`{name}`", "write its address, or allow look-ups with `--resolve`");
        }

        var found = context.Resolver(name).Select(a => AddressText.Number(a, context.Family)).OfType<UInt128>().ToList();
        if (found.Count == 0) { return new WrongValue($"the host name `{name}` has no {context.Family} address", null); }
        return found.ConvertAll(a => new AddressMask(a & mask, mask));
    }

    /// <summary>How the message about a host name begins; the binder tells it from other errors by that.</summary>
    internal const string HostNameError = "an address is needed, not the host name ";

    private static Family Other(Family family) => family == Family.IPv4 ? Family.IPv6 : Family.IPv4;
}
