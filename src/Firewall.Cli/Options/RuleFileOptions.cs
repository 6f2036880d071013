using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using Firewall.Cli.Input;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Sets;

namespace Firewall.Cli.Options;

/// <summary>RULES and what says how to read it: the same for every command that takes rules.</summary>
internal sealed class RuleFileOptions
{
    public Argument<string> Rules { get; } = new("RULES") { Description = "Rule file as iptables-save writes it, or - for standard input." };

    public Option<bool> IsIPv6 { get; } = new("-6") { Description = "RULES is for ip6tables (else its content says so, else it is for iptables)." };

    public Option<string?> Rules6 { get; } = new("--rules6") { HelpName = "FILE", Description = "The ip6tables rule file of the same host." };

    public Option<bool> Resolve { get; } = new("--resolve") { Description = "Look up host names in rules, as iptables does." };

    public Option<string?> Sets { get; } = new("--sets") { HelpName = "FILE", Description = "The sets that rules name, as ipset save writes them." };

    public IEnumerable<Symbol> All => [Rules, IsIPv6, Rules6, Resolve, Sets];

    /// <summary>Reads and binds the file or the two files. Errors in them are not failures yet.</summary>
    /// <exception cref="CommandFailedException">A file cannot be read, or the options contradict each other.</exception>
    public HostFiles Load(Invocation invocation)
    {
        var name = invocation.Get(Rules)!;
        var name6 = invocation.Get(Rules6);
        if (name6 is not null && invocation.Get(IsIPv6)) { throw CommandFailedException.BadInput("-6 says that RULES is for ip6tables, and --rules6 names another such file"); }
        if (name == InputFile.StandardInput && name6 == InputFile.StandardInput) { throw CommandFailedException.BadInput("only one of the two rule files can come from standard input"); }
        Func<string, IReadOnlyList<IPAddress>>? resolver = invocation.Get(Resolve) ? HostNames.LookUp : null;
        Family? family = invocation.Get(IsIPv6) ? Family.IPv6 : name6 is null ? null : Family.IPv4;
        var sets = invocation.Get(Sets) is { } file ? ReadSets(file, invocation) : null;
        var first = RuleFile.Read(name, new BindOptions(family, resolver), invocation);
        ImmutableArray<RuleFile> files = name6 is null ? [first] : [first, RuleFile.Read(name6, new BindOptions(Family.IPv6, resolver), invocation)];
        return sets is null ? new HostFiles(files) : new HostFiles([.. files.Select(f => f.WithSets(sets))]) { Sets = sets };
    }

    /// <summary>The sets of a file; its errors are printed and end the command.</summary>
    private static SetCatalog ReadSets(string name, Invocation invocation)
    {
        var file = SetFileReader.Read(new SourceText(name, InputFile.Read(name, invocation)));
        invocation.Conversation.Show(file.Source, file.Diagnostics);
        return file.HasErrors ? throw CommandFailedException.AlreadySaid(ExitCode.BadInput) : file.Sets;
    }
}
