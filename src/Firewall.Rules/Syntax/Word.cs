using Firewall.Rules.Diagnostics;

namespace Firewall.Rules.Syntax;

/// <summary>One word of a rule line after unquoting, as iptables-restore would pass it in <c>argv</c>.</summary>
/// <param name="Text">One char per byte of the file (Latin-1), so that bytes that are not UTF-8 survive.</param>
/// <param name="Span">Where it stands, quotes included.</param>
/// <param name="IsQuoted">Whether any part of it was in quotes.</param>
public readonly record struct Word(string Text, TextSpan Span, bool IsQuoted)
{
    public override string ToString() => Text;
}
