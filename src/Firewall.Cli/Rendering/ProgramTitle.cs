using Firewall.Compiler;
using Firewall.Compiler.Placement;

namespace Firewall.Cli.Rendering;

/// <summary>A program's name in reports, e.g. <c>XDP (INPUT)</c>.</summary>
internal static class ProgramTitle
{
    public static string Of(CompiledFirewall firewall) => new PlannedProgram(firewall.Rules, firewall.Options).Title;
}
