using System.Collections.Immutable;

namespace Firewall.Rules.Diagnostics;

/// <summary>
/// A kind of diagnostic. The catalogue is closed: 00xx files, 01xx syntax, 02xx conditions, modules and chains, 03xx analysis,
/// 04xx support and placement, 05xx budgets, 06xx verifier, 07xx kernel. Each has a page under <c>docs/diagnostics/</c>.
/// </summary>
/// <param name="Code">E.g. <c>FWC0101</c>.</param>
/// <param name="Title">What it is about, as a heading.</param>
public sealed record DiagnosticCode(string Code, string Title)
{
    public static readonly DiagnosticCode NotText = new("FWC0001", "The file is not text");
    public static readonly DiagnosticCode LineTooLong = new("FWC0002", "A line is longer than iptables-restore reads");
    public static readonly DiagnosticCode CarriageReturns = new("FWC0003", "Lines end with carriage returns");
    public static readonly DiagnosticCode ByteOrderMark = new("FWC0004", "The file begins with a byte-order mark");
    public static readonly DiagnosticCode NoFinalNewline = new("FWC0005", "The last COMMIT has no newline");
    public static readonly DiagnosticCode CommitMissing = new("FWC0006", "A table is not committed");

    public static readonly DiagnosticCode UnclosedQuote = new("FWC0101", "A quote is not closed");
    public static readonly DiagnosticCode UnexpectedWord = new("FWC0102", "A word that belongs nowhere");
    public static readonly DiagnosticCode OutsideTable = new("FWC0103", "A line outside any table");
    public static readonly DiagnosticCode BadTableLine = new("FWC0104", "A table that does not exist");
    public static readonly DiagnosticCode BadChainLine = new("FWC0105", "A chain line that cannot be read");
    public static readonly DiagnosticCode BadCounters = new("FWC0106", "Counters that cannot be read");
    public static readonly DiagnosticCode CommentInRule = new("FWC0107", "A comment behind a rule");
    public static readonly DiagnosticCode LeadingBlanks = new("FWC0108", "Blanks in front of a line");
    public static readonly DiagnosticCode BlankAfterCommit = new("FWC0109", "Blanks behind COMMIT");
    public static readonly DiagnosticCode TableInRule = new("FWC0110", "A table named within a rule");
    public static readonly DiagnosticCode UnknownOption = new("FWC0111", "An option nobody knows");
    public static readonly DiagnosticCode AmbiguousOption = new("FWC0112", "An abbreviation with several meanings");
    public static readonly DiagnosticCode ValueMissing = new("FWC0113", "An option without its value");
    public static readonly DiagnosticCode RepeatedOption = new("FWC0114", "An option given twice");
    public static readonly DiagnosticCode MisplacedNegation = new("FWC0115", "A ! that negates nothing");
    public static readonly DiagnosticCode OldNegation = new("FWC0116", "Negation in the old place");
    public static readonly DiagnosticCode GluedValue = new("FWC0117", "A value glued to its option");
    public static readonly DiagnosticCode BadCommand = new("FWC0118", "A rule line without one clear command");
    public static readonly DiagnosticCode PolicyOnUserChain = new("FWC0119", "A policy on a user chain");
    public static readonly DiagnosticCode TooManyWords = new("FWC0120", "Words too long or too many");
    public static readonly DiagnosticCode NotInFiles = new("FWC0121", "An option that rule files cannot have");

    public static readonly DiagnosticCode UnknownMatch = new("FWC0201", "A match module that does not exist");
    public static readonly DiagnosticCode UnknownTarget = new("FWC0202", "A target that does not exist");
    public static readonly DiagnosticCode BadValue = new("FWC0203", "A value its option cannot take");
    public static readonly DiagnosticCode OptionMissing = new("FWC0204", "A module without an option it needs");
    public static readonly DiagnosticCode ProtocolNeeded = new("FWC0205", "A module without its protocol");
    public static readonly DiagnosticCode WrongFamily = new("FWC0206", "A module of the other family");
    public static readonly DiagnosticCode WrongChain = new("FWC0207", "A module in a chain where it cannot be");
    public static readonly DiagnosticCode BadAddress = new("FWC0208", "An address that cannot be read");
    public static readonly DiagnosticCode HostName = new("FWC0209", "A host name instead of an address");
    public static readonly DiagnosticCode UnknownProtocol = new("FWC0210", "A protocol nobody knows");
    public static readonly DiagnosticCode NeverMatchesProtocol = new("FWC0211", "A rule for no protocol at all");
    public static readonly DiagnosticCode BadInterface = new("FWC0212", "An interface name that cannot be");
    public static readonly DiagnosticCode OddInterface = new("FWC0213", "An interface name no device can have");
    public static readonly DiagnosticCode InterfaceInWrongChain = new("FWC0214", "An interface the chain does not know");
    public static readonly DiagnosticCode NegatedList = new("FWC0215", "A negated list of addresses");
    public static readonly DiagnosticCode FragmentInIPv6 = new("FWC0216", "-f in an IPv6 rule");
    public static readonly DiagnosticCode ExtensionHeaderProtocol = new("FWC0217", "An extension header as protocol");
    public static readonly DiagnosticCode WrongTable = new("FWC0218", "A target in a table where it cannot be");
    public static readonly DiagnosticCode ConditionMissing = new("FWC0219", "A target without a condition it needs");
    public static readonly DiagnosticCode UnknownChain = new("FWC0221", "A chain that does not exist");
    public static readonly DiagnosticCode JumpToBuiltIn = new("FWC0222", "A jump to a built-in chain");
    public static readonly DiagnosticCode ChainLoop = new("FWC0223", "Chains that jump in a circle");
    public static readonly DiagnosticCode DropInNat = new("FWC0224", "DROP in the nat table");
    public static readonly DiagnosticCode ChainExists = new("FWC0225", "A chain declared twice");
    public static readonly DiagnosticCode BadChainName = new("FWC0226", "A chain name that cannot be");
    public static readonly DiagnosticCode RuleNumber = new("FWC0227", "A rule number out of range");
    public static readonly DiagnosticCode RuleNotFound = new("FWC0228", "A rule to delete that is not there");
    public static readonly DiagnosticCode ChainInUse = new("FWC0229", "A chain that cannot be deleted");
    public static readonly DiagnosticCode BadPolicy = new("FWC0230", "A policy that cannot be");
    public static readonly DiagnosticCode BadSetLine = new("FWC0241", "A line of a set file that cannot be read");
    public static readonly DiagnosticCode UnknownSetType = new("FWC0242", "A set type that does not exist");
    public static readonly DiagnosticCode UnknownSet = new("FWC0243", "A set that does not exist");
    public static readonly DiagnosticCode BadSetOption = new("FWC0244", "An option that a set or its element cannot take");
    public static readonly DiagnosticCode BadSetElement = new("FWC0245", "An element that the set cannot hold");
    public static readonly DiagnosticCode SetExists = new("FWC0246", "A set created twice");

    /// <summary>Every code of this assembly, in order.</summary>
    public static readonly ImmutableArray<DiagnosticCode> All =
    [
        NotText, LineTooLong, CarriageReturns, ByteOrderMark, NoFinalNewline, CommitMissing,
        UnclosedQuote, UnexpectedWord, OutsideTable, BadTableLine, BadChainLine, BadCounters, CommentInRule, LeadingBlanks,
        BlankAfterCommit, TableInRule, UnknownOption, AmbiguousOption, ValueMissing, RepeatedOption, MisplacedNegation,
        OldNegation, GluedValue, BadCommand, PolicyOnUserChain, TooManyWords, NotInFiles,
        UnknownMatch, UnknownTarget, BadValue, OptionMissing, ProtocolNeeded, WrongFamily, WrongChain, BadAddress, HostName,
        UnknownProtocol, NeverMatchesProtocol, BadInterface, OddInterface, InterfaceInWrongChain, NegatedList, FragmentInIPv6,
        ExtensionHeaderProtocol, WrongTable, ConditionMissing, UnknownChain, JumpToBuiltIn, ChainLoop, DropInNat, ChainExists, BadChainName, RuleNumber,
        RuleNotFound, ChainInUse, BadPolicy, BadSetLine, UnknownSetType, UnknownSet, BadSetOption, BadSetElement, SetExists,
    ];

    public override string ToString() => Code;
}
