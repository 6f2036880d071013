using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Policies;

/// <summary>A table while the file's commands are obeyed.</summary>
internal sealed class TableDraft
{
    private readonly Dictionary<string, ChainDraft> _chains = new(StringComparer.Ordinal);
    private readonly ImmutableArray<string> _builtIn;

    public TableDraft(string name)
    {
        Name = name;
        _builtIn = BuiltInChains.Of(name);
        foreach (var chain in _builtIn) { _chains.Add(chain, new ChainDraft(chain, isBuiltIn: true)); }
    }

    public string Name { get; }

    public IEnumerable<ChainDraft> Chains => _chains.Values;

    public IEnumerable<ChainDraft> BuiltIn => _builtIn.Select(n => _chains[n]);

    public ChainDraft? Chain(string name) => _chains.GetValueOrDefault(name);

    public ChainDraft Add(string name, TextSpan declaration)
    {
        var chain = new ChainDraft(name, isBuiltIn: false) { Declaration = declaration };
        _chains.Add(name, chain);
        return chain;
    }

    public void Remove(ChainDraft chain) => _chains.Remove(chain.Name);

    /// <summary>Renames a chain; the jumps to it follow.</summary>
    public void Rename(ChainDraft chain, string name)
    {
        var old = chain.Name;
        _chains.Remove(old);
        chain.Name = name;
        _chains.Add(name, chain);
        foreach (var rules in _chains.Values.Select(c => c.Rules))
        {
            for (var i = 0; i < rules.Count; i++)
            {
                rules[i] = rules[i].Target switch
                {
                    JumpTarget jump when jump.Chain == old => rules[i] with { Target = new JumpTarget(name) },
                    GotoTarget go when go.Chain == old => rules[i] with { Target = new GotoTarget(name) },
                    _ => rules[i],
                };
            }
        }
    }

    /// <summary>A rule that jumps to the chain; null when there is none.</summary>
    public RuleEntry? ReferenceTo(string chain)
    {
        foreach (var rule in _chains.Values.SelectMany(c => c.Rules))
        {
            if (DestinationOf(rule) == chain) { return rule; }
        }

        return null;
    }

    /// <summary>The user chain a rule walks; null for none.</summary>
    public static string? DestinationOf(in RuleEntry rule) => rule.Target switch
    {
        JumpTarget jump => jump.Chain,
        GotoTarget go => go.Chain,
        _ => null,
    };

    /// <summary>Built-in chains by hook, then user chains by name, as libiptc keeps them sorted (<c>iptc_insert_chain</c> in libiptc/libiptc.c).</summary>
    public Table ToTable() => new(Name,
    [
        .. BuiltIn.Select(c => c.ToChain()),
        .. _chains.Values.Where(c => !c.IsBuiltIn).OrderBy(c => c.Name, StringComparer.Ordinal).Select(c => c.ToChain()),
    ]);
}
