using System.Collections.Immutable;
using System.Text;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Options;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Tests.Grammar;

/// <summary>Writes the match modules' declared options as EBNF: the text of <c>grammar/modules.ebnf</c>.</summary>
internal static class ModuleGrammar
{
    private const string Introduction = """
        (* The match and target modules that fwc understands. Generated from the options that the files in src/Firewall.Rules/Matches and
           Targets declare; a test compares. An option whose brackets are missing must be given; options may come in any order; where a protocol stands in front,
           the module needs it (and without the module's name its options are understood behind it as well, where the comment says so). *)
        """;

    public static string Write(IEnumerable<MatchModule> matches, IEnumerable<TargetModule> targets) => WriteMatches(matches) + "\n" + WriteTargets(targets);

    /// <summary>The name of the rule that derives a use of the target.</summary>
    public static string NameOf(TargetModule module) => $"target-{module.Name}" + (module.OnlyFamily is { } family ? $"-{(int)family}" : "");

    private static string WriteTargets(IEnumerable<TargetModule> modules)
    {
        var sorted = modules.OrderBy(m => m.Name, StringComparer.Ordinal).ThenBy(m => m.OnlyFamily).ToList();
        var text = new StringBuilder("target-module = ipv4-target | ipv6-target ;\n\n");
        foreach (var family in new[] { Family.IPv4, Family.IPv6 })
        {
            var names = sorted.Where(m => m.OnlyFamily is null || m.OnlyFamily == family).Select(NameOf);
            text.Append($"ipv{(int)family}-target = {string.Join("\n            | ", names)} ;\n\n");
        }

        foreach (var module in sorted) { Append(module, text); }
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static void Append(TargetModule module, StringBuilder text)
    {
        text.Append($"(* {module.Summary}");
        if (module.OnlyFamily is { } family) { text.Append($" {family} only."); }
        if (!module.Tables.IsEmpty) { text.Append($" Only in the table {string.Join(" or ", module.Tables)}."); }
        if (!module.Chains.IsEmpty) { text.Append($" Only in {string.Join(", ", module.Chains)}."); }
        text.Append($" *)\n{NameOf(module)} = ");
        AppendProtocols(module.Protocols, text);
        text.Append($"( \"-j\" | \"--jump\" ), blanks, \"{module.Name}\"");
        foreach (var option in module.Options) { text.Append(",\n    ").Append(PhraseOf(option)); }
        text.Append(" ;\n\n");
    }

    private static void AppendProtocols(ImmutableArray<byte> protocols, StringBuilder text)
    {
        if (!protocols.IsEmpty) { text.Append($"\"-p\", blanks, ( {string.Join(" | ", protocols.Select(p => $"\"{Protocols.Text(p)}\""))} ), blanks, "); }
    }

    private static string WriteMatches(IEnumerable<MatchModule> modules)
    {
        var sorted = modules.OrderBy(m => m.Name, StringComparer.Ordinal).ThenBy(m => m.OnlyFamily).ToList();
        var text = new StringBuilder(Introduction).Append("\n\n");
        text.Append("module = ipv4-module | ipv6-module ;\n\n");
        foreach (var family in new[] { Family.IPv4, Family.IPv6 })
        {
            var names = sorted.Where(m => m.OnlyFamily is null || m.OnlyFamily == family).Select(NameOf);
            text.Append($"ipv{(int)family}-module = {string.Join("\n            | ", names)} ;\n\n");
        }

        foreach (var module in sorted) { Append(module, text); }
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static string NameOf(MatchModule module) => $"match-{module.Name}" + (module.OnlyFamily is { } family ? $"-{(int)family}" : "");

    private static void Append(MatchModule module, StringBuilder text)
    {
        text.Append($"(* {module.Summary}");
        if (!module.ImpliedBy.IsEmpty) { text.Append($" Implied by {string.Join(", ", module.ImpliedBy.Select(p => "-p " + Protocols.Text(p)))}."); }
        if (module.OnlyFamily is { } family) { text.Append($" {family} only."); }
        if (!module.Chains.IsEmpty) { text.Append($" Only in {string.Join(", ", module.Chains)}."); }
        text.Append($" *)\n{NameOf(module)} = ");
        AppendProtocols(module.Protocols, text);
        text.Append($"\"-m\", blanks, {OneOf(module.Aliases.Prepend(module.Name))}");
        foreach (var option in module.Options) { text.Append(",\n    ").Append(PhraseOf(option)); }
        text.Append(" ;\n\n");
    }

    private static string PhraseOf(Option option)
    {
        var phrase = $"blanks, {(option.CanNegate ? "[ \"!\", blanks ], " : "")}{OneOf(option.Names)}";
        if (option.ValueName is { } value)
        {
            phrase += option.Words == 1 ? $", blanks, {value}" : $", blanks, {value}-1, blanks, {value}-2";
        }

        return option.IsRequired ? phrase : option.MayRepeat ? $"{{ {phrase} }}" : $"[ {phrase} ]";
    }

    private static string OneOf(IEnumerable<string> names)
    {
        var quoted = names.Select(n => $"\"{n}\"").ToList();
        return quoted.Count == 1 ? quoted[0] : $"( {string.Join(" | ", quoted)} )";
    }
}
