using System.Collections.Immutable;

namespace Firewall.Rules.Diagnostics;

/// <summary>How bad it is: an error stops the compile, a warning does not.</summary>
public enum Severity
{
    Warning,
    Error,
}

/// <summary>A second place that a message points to.</summary>
public sealed record Label(TextSpan Span, string Text);

/// <summary>Something to tell the user about a place in the file.</summary>
/// <param name="Code">What kind of thing, from the closed catalogue.</param>
/// <param name="Severity">Error or warning.</param>
/// <param name="Message">One sentence without a full stop.</param>
/// <param name="Primary">Where; underlined with carets.</param>
public sealed record Diagnostic(DiagnosticCode Code, Severity Severity, string Message, TextSpan Primary)
{
    /// <summary>What stands behind the carets; null for nothing.</summary>
    public string? PrimaryLabel { get; init; }

    public ImmutableArray<Label> Labels { get; init; } = [];

    /// <summary>Facts that explain, one sentence each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>What to write instead, where that is known.</summary>
    public string? Help { get; init; }

    public bool IsError => Severity == Severity.Error;

    public static Diagnostic Error(DiagnosticCode code, string message, TextSpan place, string? help = null) =>
        new(code, Severity.Error, message, place) { Help = help };

    public static Diagnostic Warning(DiagnosticCode code, string message, TextSpan place, string? help = null) =>
        new(code, Severity.Warning, message, place) { Help = help };
}
