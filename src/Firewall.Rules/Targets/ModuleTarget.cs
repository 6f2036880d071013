using System.Collections.Immutable;
using Firewall.Rules.Options;

namespace Firewall.Rules.Targets;

/// <summary>A target that a module file declares.</summary>
public abstract record ModuleTarget : Target
{
    protected abstract TargetModule Declaration { get; }

    public sealed override string Name => Declaration.Name;

    public override ImmutableArray<string> Tables => Declaration.Tables;

    public override ImmutableArray<string> Chains => Declaration.Chains;

    public sealed override void Print(OptionWriter writer)
    {
        writer.WriteWords(["-j", Name]);
        PrintOptions(writer);
    }

    /// <summary>Writes the options in iptables-save's order and spelling.</summary>
    protected abstract void PrintOptions(OptionWriter writer);
}
