using System.Collections.Immutable;
using System.CommandLine;
using Firewall.Cli.Input;
using Firewall.Cli.Options;
using Firewall.Rules.Diagnostics;

namespace Firewall.Cli.Rendering;

/// <summary>What a command says on standard error beside its answer: diagnostics, reports, hints.</summary>
internal sealed record Conversation(TextWriter Error, bool IsQuiet, bool IsVerbose, bool HasColor, bool IsTerminal)
{
    public static Conversation From(ParseResult parsed, OutputOptions options, Surroundings surroundings) => new(
        surroundings.Error,
        parsed.GetValue(options.Quiet),
        parsed.GetValue(options.Verbose),
        parsed.GetValue(options.Color) switch
        {
            ColorMode.Always => true,
            ColorMode.Never => false,
            _ => surroundings.IsErrorTerminal && string.IsNullOrEmpty(surroundings.Variable("NO_COLOR")),
        },
        surroundings.IsErrorTerminal);

    /// <summary>A line that <c>-q</c> silences.</summary>
    public void Say(string line)
    {
        if (!IsQuiet) { Error.WriteLine(line); }
    }

    /// <summary>A hint that something given has no effect.</summary>
    public void Warn(string message) => Say($"warning: {message}");

    /// <summary>A line that only <c>-v</c> wants.</summary>
    public void Detail(string line)
    {
        if (IsVerbose) { Error.WriteLine(line); }
    }

    /// <summary>Shows everything found in the files; with <c>-q</c> only errors.</summary>
    public void Show(HostFiles files)
    {
        foreach (var file in files.All) { Show(file.Source, file.Binding.Diagnostics); }
    }

    public void Show(SourceText source, ImmutableArray<Diagnostic> diagnostics)
    {
        foreach (var diagnostic in diagnostics.Where(d => d.IsError || !IsQuiet)) { Error.WriteLine(DiagnosticText.Render(diagnostic, source, HasColor)); }
    }
}
