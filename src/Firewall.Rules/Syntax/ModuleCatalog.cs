using System.Collections.Frozen;
using System.Collections.Immutable;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Syntax;

/// <summary>A set of options that a match or target brings into a rule.</summary>
internal sealed class OptionScope
{
    private readonly FrozenDictionary<string, Option> _byName;
    private readonly FrozenDictionary<string, Option>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    public OptionScope(string name, ImmutableArray<Option> options)
    {
        Name = name;
        Options = options;
        Required = [.. options.Where(o => o.IsRequired)];
        _byName = options.SelectMany(o => o.Names.Select(n => (Name: n[2..], Option: o))).ToFrozenDictionary(p => p.Name, p => p.Option);
        _bySpan = _byName.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public string Name { get; }

    /// <summary>Null for a target, and for a match this version does not understand.</summary>
    public MatchModule? Module { get; init; }

    /// <summary>Null for a match.</summary>
    public TargetModule? TargetModule { get; init; }

    public ImmutableArray<Option> Options { get; }

    public ImmutableArray<Option> Required { get; }

    /// <summary>Long names without their dashes, aliases included.</summary>
    public IEnumerable<KeyValuePair<string, Option>> Names => _byName;

    public bool TryFind(ReadOnlySpan<char> longName, out Option? option) => _bySpan.TryGetValue(longName, out option);
}

/// <summary>Every match and target of one family: those that are understood, then the rest of iptables 1.8.9.</summary>
internal sealed class ModuleCatalog
{
    private readonly FrozenDictionary<string, OptionScope> _matches;
    private readonly FrozenDictionary<string, OptionScope> _targets;
    private readonly OptionScope?[] _impliedBy = new OptionScope?[256];

    public ModuleCatalog(Family family, ImmutableArray<MatchModule> modules)
    {
        Family = family;
        var matches = new Dictionary<string, OptionScope>(StringComparer.Ordinal);
        foreach (var module in modules.Where(m => m.OnlyFamily is null || m.OnlyFamily == family))
        {
            var scope = new OptionScope(module.Name, module.Options) { Module = module };
            foreach (var name in module.Aliases.Prepend(module.Name)) { matches.TryAdd(name, scope); }
            foreach (var protocol in module.ImpliedBy) { _impliedBy[protocol] = scope; }
        }

        foreach (var module in KnownModules.Matches.Where(m => m.Families.Contains(family)))
        {
            matches.TryAdd(module.Name, new OptionScope(module.Name, module.Options));
        }

        _matches = matches.ToFrozenDictionary(StringComparer.Ordinal);
        _targets = TargetModules.All.Where(t => t.OnlyFamily is null || t.OnlyFamily == family)
            .ToFrozenDictionary(t => t.Name, t => new OptionScope(t.Name, t.Options) { TargetModule = t }, StringComparer.Ordinal);
    }

    public Family Family { get; }

    public OptionScope? Match(string name) => _matches.GetValueOrDefault(name);

    public OptionScope? Target(string name) => _targets.GetValueOrDefault(name);

    /// <summary>
    /// The module that an option brings in without <c>-m</c> after <c>-p</c>: for modules not understood yet, the one named like the
    /// protocol (<c>load_proto</c> of iptables/xshared.c).
    /// </summary>
    public OptionScope? ImpliedBy(byte protocol, string protocolName) => _impliedBy[protocol] ?? Match(protocolName);

    /// <summary>Modules that have an option of that name, for help.</summary>
    public IEnumerable<string> MatchesWith(string longName) =>
        _matches.Values.Distinct().Where(s => s.TryFind(longName, out _)).Select(s => s.Name).Order(StringComparer.Ordinal);

    public IEnumerable<string> TargetsWith(string longName) =>
        _targets.Values.Where(s => s.TryFind(longName, out _)).Select(s => s.Name).Order(StringComparer.Ordinal);

    public IEnumerable<string> MatchNames => _matches.Keys;

    public IEnumerable<string> TargetNames => _targets.Keys;
}
