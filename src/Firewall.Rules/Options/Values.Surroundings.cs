using System.Collections.Immutable;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Names;

namespace Firewall.Rules.Options;

public static partial class Values
{
    /// <summary>Types of addresses, numbered as <c>RTN_*</c> (include/uapi/linux/rtnetlink.h).</summary>
    private static readonly ImmutableArray<string> AddressTypeNames =
        ["UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT", "THROW", "NAT", "XRESOLVE"];

    /// <summary>Types of addresses between commas, as a set of their numbers; a name may be cut short, and then is the first that begins so.</summary>
    public static readonly ValueGrammar<ValueSet> AddressTypes = Word<ValueSet>("address-types", text =>
    {
        var types = new List<ValueRange>();
        foreach (var name in text.Split(','))
        {
            var type = name.Length == 0 ? -1 : AddressTypeNames.FindIndex(n => n.StartsWith(name, StringComparison.OrdinalIgnoreCase));
            if (type < 0) { return Wrong($"`{name}` is not a type of address", $"the types are {string.Join(' ', AddressTypeNames)}"); }
            types.Add(new ValueRange((uint)type, (uint)type));
        }

        return ValueSet.Union(types);
    });

    /// <summary>The types as iptables-save prints them.</summary>
    public static string AddressTypeText(ValueSet types) => string.Join(',', types.Values.Select(type => AddressTypeNames[(int)type]));

    /// <summary>A bridge port: a device name, which may be empty, and where a <c>+</c> at the end stands for any rest.</summary>
    public static readonly ValueGrammar<string> BridgePort = Word<string>("bridge-port", text =>
        text.Length <= InterfaceNames.MaximumLength ? text : Wrong($"the interface name `{text}` is longer than {InterfaceNames.MaximumLength} bytes"));

    /// <summary>A number with or without a mask, or the name <paramref name="zero"/> of the number 0, the only one that iproute2 comes with.</summary>
    public static ValueGrammar<MaskedNumber> NamedNumber(string grammar, string zero) => Word<MaskedNumber>(grammar, text =>
        text == zero ? new MaskedNumber(0, uint.MaxValue)
        : TryMasked(text, uint.MaxValue, out var number) ? number
        : Wrong($"`{text}` is neither a number of 32 bits, with or without /mask, nor `{zero}`"));

    /// <summary>The number as iptables-save prints it: by its name when it has no mask.</summary>
    public static string NamedNumberText(MaskedNumber number, string zero) => number.Mask != uint.MaxValue ? $"0x{number.Number:x}/0x{number.Mask:x}"
        : number.Number == 0 ? zero
        : $"0x{number.Number:x}";

    /// <summary>A user's number, a range of them, or the name of one that every Debian system has.</summary>
    public static readonly ValueGrammar<ValueRange> Users = Word<ValueRange>("users", text => Owners(text, Accounts.User, "user"));

    /// <summary>As <see cref="Users"/>, for groups.</summary>
    public static readonly ValueGrammar<ValueRange> Groups = Word<ValueRange>("groups", text => Owners(text, Accounts.Group, "group"));

    /// <summary>The range as iptables-save prints it.</summary>
    public static string OwnerText(ValueRange range) => range.ToString();

    private static ValueResult<ValueRange> Owners(string text, Func<string, uint?> numberOf, string what)
    {
        if (numberOf(text) is { } known) { return new ValueRange(known, known); }
        var rest = text.AsSpan();
        const uint Largest = uint.MaxValue - 1;
        if (Numbers.TryRead(ref rest, out var low) && low <= Largest)
        {
            if (rest.IsEmpty) { return new ValueRange(low, low); }
            if (rest[0] == '-' && Numbers.TryParse(rest[1..], Largest, out var high))
            {
                return low <= high ? new ValueRange(low, high) : Wrong($"the range {text} is upside down");
            }
        }

        return Wrong($"`{text}` is not the number of a {what} or a range of them", $"names of {what}s differ from host to host; write the number");
    }

    /// <summary>Path of a control group; the kernel knows those that exist on the host.</summary>
    public static readonly ValueGrammar<string> ControlGroup = Word<string>("control-group", text =>
        text.Length < 512 ? text : Wrong("the path is longer than 511 bytes"));

    /// <summary>The name of an operating system, of which iptables keeps 31 bytes.</summary>
    public static readonly ValueGrammar<string> Genre = Word<string>("genre", text => text.Length > 31 ? text[..31] : text);
}
