using System.Collections.Immutable;
using System.Net;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Policies;

/// <summary>What binding may depend on besides the file.</summary>
/// <param name="Family">For which tool the file is; null goes by its content.</param>
/// <param name="Resolver">Looks up host names; null refuses them.</param>
public sealed record BindOptions(Family? Family = null, Func<string, IReadOnlyList<IPAddress>>? Resolver = null);

/// <summary>A rule set as the kernel would hold it, or why it would refuse it.</summary>
/// <param name="Policy">Null when there is an error.</param>
/// <param name="Diagnostics">Everything found in the file, reading included, in order of place.</param>
public sealed record Binding(Policy? Policy, ImmutableArray<Diagnostic> Diagnostics)
{
    public bool HasErrors => Policy is null;
}
