using System.Buffers;
using System.Collections.Frozen;

namespace Firewall.Rules.Syntax;

/// <summary>The options of iptables itself, by their short letter (<c>0</c> is no letter: <c>--line-numbers</c> has none).</summary>
internal enum BaseOption
{
    Append = 'A',
    Delete = 'D',
    Check = 'C',
    Insert = 'I',
    Replace = 'R',
    List = 'L',
    ListRules = 'S',
    Flush = 'F',
    Zero = 'Z',
    NewChain = 'N',
    DeleteChain = 'X',
    RenameChain = 'E',
    Policy = 'P',
    Source = 's',
    Destination = 'd',
    Protocol = 'p',
    InInterface = 'i',
    OutInterface = 'o',
    Jump = 'j',
    Goto = 'g',
    Match = 'm',
    Table = 't',
    Fragments = 'f',
    SetCounters = 'c',
    Numeric = 'n',
    Verbose = 'v',
    Exact = 'x',
    Wait = 'w',
    WaitInterval = 'W',
    Version = 'V',
    Help = 'h',
    Modprobe = 'M',
    LineNumbers = '0',
    Ipv4 = '4',
    Ipv6 = '6',
}

/// <summary>Whether an option takes a word (<c>has_arg</c> of getopt_long).</summary>
internal enum Takes
{
    Nothing,
    Word,

    /// <summary>Glued or after <c>=</c> only; a following word is taken by the command itself.</summary>
    OptionalWord,
}

/// <summary>The option tables of iptables 1.8.9: <c>original_opts</c> of iptables/iptables.c and <c>IPT_OPTSTRING</c> of iptables/xshared.h.</summary>
internal static class BaseOptions
{
    private static readonly (string Name, BaseOption Option)[] Table =
    [
        ("append", BaseOption.Append), ("delete", BaseOption.Delete), ("check", BaseOption.Check), ("insert", BaseOption.Insert),
        ("replace", BaseOption.Replace), ("list", BaseOption.List), ("list-rules", BaseOption.ListRules), ("flush", BaseOption.Flush),
        ("zero", BaseOption.Zero), ("new-chain", BaseOption.NewChain), ("delete-chain", BaseOption.DeleteChain),
        ("rename-chain", BaseOption.RenameChain), ("policy", BaseOption.Policy), ("source", BaseOption.Source),
        ("destination", BaseOption.Destination), ("src", BaseOption.Source), ("dst", BaseOption.Destination),
        ("protocol", BaseOption.Protocol), ("in-interface", BaseOption.InInterface), ("jump", BaseOption.Jump),
        ("table", BaseOption.Table), ("match", BaseOption.Match), ("numeric", BaseOption.Numeric),
        ("out-interface", BaseOption.OutInterface), ("verbose", BaseOption.Verbose), ("wait", BaseOption.Wait),
        ("wait-interval", BaseOption.WaitInterval), ("exact", BaseOption.Exact), ("fragments", BaseOption.Fragments),
        ("version", BaseOption.Version), ("help", BaseOption.Help), ("line-numbers", BaseOption.LineNumbers),
        ("modprobe", BaseOption.Modprobe), ("set-counters", BaseOption.SetCounters), ("goto", BaseOption.Goto),
        ("ipv4", BaseOption.Ipv4), ("ipv6", BaseOption.Ipv6),
    ];

    private static readonly FrozenDictionary<string, BaseOption>.AlternateLookup<ReadOnlySpan<char>> ByName =
        Table.ToFrozenDictionary(o => o.Name, o => o.Option).GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly SearchValues<char> Letters = SearchValues.Create("ADCIRLSFZNXEPsdpiojgmtfcnvxwWVhM46");

    /// <summary>Long names without their dashes.</summary>
    public static IEnumerable<(string Name, BaseOption Option)> LongNames => Table;

    public static bool TryFind(ReadOnlySpan<char> longName, out BaseOption option) => ByName.TryGetValue(longName, out option);

    public static bool TryFindShort(char letter, out BaseOption option)
    {
        option = (BaseOption)letter;
        return Letters.Contains(letter);
    }

    public static Takes TakesOf(BaseOption option) => option switch
    {
        BaseOption.Flush or BaseOption.Zero or BaseOption.DeleteChain or BaseOption.List or BaseOption.ListRules
            or BaseOption.Wait or BaseOption.WaitInterval or BaseOption.Help => Takes.OptionalWord,
        BaseOption.Fragments or BaseOption.Numeric or BaseOption.Verbose or BaseOption.Exact or BaseOption.Version
            or BaseOption.LineNumbers or BaseOption.Ipv4 or BaseOption.Ipv6 => Takes.Nothing,
        _ => Takes.Word,
    };

    /// <summary>The spelling for messages.</summary>
    public static string Text(BaseOption option) => option == BaseOption.LineNumbers ? "--line-numbers" : $"-{(char)option}";
}
