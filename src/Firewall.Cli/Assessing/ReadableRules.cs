using System.Collections.Immutable;
using Firewall.Cli.Input;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;

namespace Firewall.Cli.Assessing;

/// <summary>A rule file without its lines with errors.</summary>
/// <param name="File">What is left, with the numbers of its lines; null when nothing can be made of it.</param>
/// <param name="Errors">The lines taken out, each with its first error.</param>
/// <param name="Diagnostics">Of the whole file.</param>
internal sealed record ReadableRules(RuleFile? File, SourceText Source, ImmutableSortedDictionary<int, string> Errors, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>A line that is taken out may be missed by others, such as a chain by its jumps.</summary>
    private const int MostAttempts = 16;

    public static ReadableRules From(RuleFile file)
    {
        var errors = ImmutableSortedDictionary<int, string>.Empty;
        var bytes = file.Source.Bytes.ToArray();
        var current = file;
        for (var attempt = 0; attempt < MostAttempts && current.Binding.HasErrors; attempt++)
        {
            var before = errors.Count;
            foreach (var diagnostic in current.Binding.Diagnostics.Where(d => d.IsError))
            {
                var line = Math.Min(file.Source.LineOf(diagnostic.Primary.Start), file.Source.LineStarts.Length);
                if (errors.ContainsKey(line)) { continue; }
                errors = errors.Add(line, diagnostic.Message);
                var span = file.Source.LineSpan(line);
                bytes.AsSpan(span.Start, span.Length).Fill((byte)' ');
            }

            if (errors.Count == before) { break; }
            var source = new SourceText(file.Name, bytes.ToArray());
            var syntax = RuleSetReader.Read(source, file.Family);
            current = new RuleFile(syntax, Binder.Bind(syntax, new BindOptions(file.Family, Resolver: null)));
        }

        return new ReadableRules(current.Binding.HasErrors ? null : current, file.Source, errors, file.Binding.Diagnostics);
    }
}
