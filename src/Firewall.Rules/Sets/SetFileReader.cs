using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Options;

namespace Firewall.Rules.Sets;

/// <summary>A file of sets as it was read.</summary>
/// <param name="Source">The file.</param>
/// <param name="Sets">Its sets; after errors without what was wrong.</param>
/// <param name="Diagnostics">All that is to be said of it, in the order of the file.</param>
public sealed record SetFile(SourceText Source, SetCatalog Sets, ImmutableArray<Diagnostic> Diagnostics)
{
    public bool HasErrors => Diagnostics.Any(d => d.IsError);
}

/// <summary>Reads what <c>ipset save</c> writes and <c>ipset restore</c> (version 7.17) takes. Errors are collected; the sets are the kernel's after the last line.</summary>
public sealed partial class SetFileReader
{
    private readonly SourceText _source;
    private readonly List<Diagnostic> _diagnostics = [];
    private readonly Dictionary<string, Draft> _drafts = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    private SetFileReader(SourceText source) => _source = source;

    /// <summary>A set while it is filled; elements in the order in which they came.</summary>
    private sealed class Draft(SetDefinition definition, TextSpan place)
    {
        public SetDefinition Definition { get; set; } = definition;

        public TextSpan Place => place;

        public Dictionary<EquatableArray<SetValue>, int> Index { get; } = [];

        /// <summary>By order of arrival; null where one was deleted.</summary>
        public List<SetEntry?> Entries { get; private set; } = [];

        public void Remove(EquatableArray<SetValue> values)
        {
            if (Index.Remove(values, out var at)) { Entries[at] = null; }
        }

        /// <summary>
        /// The place of the element that the kernel takes for the same: with the same address in a bitmap:ip,mac; in a hash:net,iface a wildcard that fits comes first
        /// (<c>hash_netiface4_data_equal</c>).
        /// </summary>
        public int? Find(SetEntry entry)
        {
            if (SetLayout.KeepsMac(Definition)) { return Places(e => e.Values[0].Equals(entry.Values[0])); }
            if (_hasWildcards && entry.Values is [_, InterfaceValue device])
            {
                return Places(e => e.Values[0].Equals(entry.Values[0]) && e.Values[1] is InterfaceValue other && other.IsPort == device.IsPort
                    && (other.IsWildcard ? device.Name.StartsWith(other.Name, StringComparison.Ordinal) : other.Name == device.Name));
            }

            return Index.TryGetValue(entry.Values, out var at) ? at : null;
        }

        /// <summary>Renews an element: counters that the line does not give stay, as does a MAC address.</summary>
        public void Renew(int at, SetEntry entry)
        {
            var old = Entries[at]!;
            if (SetLayout.KeepsMac(Definition) && entry is { Timeout: > 0, Values: [_, MacValue { Address: null }] } && old.Values[1] is MacValue { Address: not null })
            {
                // The kernel writes the seconds where the filled element keeps a time (bitmap_ipmac_add_timeout): it is dead at once.
                Remove(old.Values);
                return;
            }

            var values = SetLayout.KeepsMac(Definition) && entry.Values[1] is MacValue { Address: not null } ? entry.Values : old.Values;
            Index.Remove(old.Values);
            Index[values] = at;
            Entries[at] = entry with { Values = values, Packets = entry.Packets ?? old.Packets, Bytes = entry.Bytes ?? old.Bytes };
        }

        public void Append(SetEntry entry)
        {
            _hasWildcards |= entry.Values.Any(v => v is InterfaceValue { IsWildcard: true });
            Index.Add(entry.Values, Entries.Count);
            Entries.Add(entry);
        }

        private int? Places(Predicate<SetEntry> fits) => Entries.FindIndex(e => e is not null && fits(e)) is >= 0 and var at ? at : null;

        private bool _hasWildcards;

        public void Clear()
        {
            Index.Clear();
            Entries.Clear();
        }

        public SetDefinition Finished() => Definition with { Entries = [.. Entries.OfType<SetEntry>()] };

        /// <summary>Puts a member before or after another one.</summary>
        public void Insert(SetEntry entry, EquatableArray<SetValue> reference, bool isBefore)
        {
            var at = Index[reference] + (isBefore ? 0 : 1);
            var all = new List<SetEntry?>(Entries);
            all.Insert(at, entry);
            Entries = all;
            Index.Clear();
            for (var i = 0; i < all.Count; i++)
            {
                if (all[i] is { } each) { Index[each.Values] = i; }
            }
        }
    }

    /// <summary>A word of a line. Quotes around it are gone.</summary>
    private readonly record struct SetWord(string Text, TextSpan Span);

    public static SetFile Read(SourceText source)
    {
        var reader = new SetFileReader(source);
        for (var line = 1; line <= source.LineStarts.Length; line++) { reader.ReadLine(source.LineSpan(line)); }
        return new(source, new SetCatalog([.. reader._order.Select(n => reader._drafts[n].Finished())]), [.. reader._diagnostics]);
    }

    private void ReadLine(TextSpan line)
    {
        if (Words(line) is not { Count: > 0 } words || words[0].Text[0] == '#') { return; }
        var isTolerant = words.RemoveAll(w => w.Text is "-exist" or "--exist" or "-!") > 0;
        if (words is [] or [{ Text: "COMMIT" }]) { return; }
        var command = words[0].Text.TrimStart('-');
        switch (command)
        {
            case "create" or "n" or "N":
                Create(words, isTolerant);
                break;
            case "add" or "A" or "del" or "D":
                Change(words, command is "add" or "A", isTolerant);
                break;
            case "flush" or "F" when Named(words, 1) is { } set:
                set.Clear();
                break;
            case "destroy" or "x" or "X" when Named(words, 1) is not null:
                _drafts.Remove(words[1].Text);
                _order.Remove(words[1].Text);
                break;
            case "swap" or "W" when Named(words, 1) is { } one && Named(words, 2) is { } other:
                Swap(words, one, other);
                break;
            case "flush" or "F" or "destroy" or "x" or "X" or "swap" or "W":
                break;
            default:
                Fail(DiagnosticCode.BadSetLine, $"`{words[0].Text}` is not a command that a file of sets can have", words[0].Span,
                    Spelling.Nearest(command, ["create", "add", "del", "flush", "destroy", "swap"]) is { } near ? $"did you mean `{near}`?" : "lines begin with `create` or `add`");
                break;
        }
    }

    private void Swap(List<SetWord> words, Draft one, Draft other)
    {
        if (one.Definition.Type != other.Definition.Type || one.Definition.Family != other.Definition.Family)
        {
            Fail(DiagnosticCode.BadSetLine, "sets of different types cannot be swapped", TextSpan.FromTo(words[1].Span.Start, words[2].Span.End));
            return;
        }

        (_drafts[words[1].Text], _drafts[words[2].Text]) = (other, one);
        (one.Definition, other.Definition) = (one.Definition with { Name = words[2].Text }, other.Definition with { Name = words[1].Text });
    }

    /// <summary>The set that a word names; null after an error.</summary>
    private Draft? Named(List<SetWord> words, int index)
    {
        if (index >= words.Count)
        {
            Fail(DiagnosticCode.BadSetLine, $"`{words[0].Text}` needs the name of a set", words[0].Span);
            return null;
        }

        if (_drafts.TryGetValue(words[index].Text, out var set)) { return set; }
        Fail(DiagnosticCode.UnknownSet, $"there is no set `{words[index].Text}`", words[index].Span,
            Spelling.Nearest(words[index].Text, _order) is { } near ? $"did you mean `{near}`?" : "a set must be created before it is used");
        return null;
    }

    private void Create(List<SetWord> words, bool isTolerant)
    {
        if (words.Count < 3)
        {
            Fail(DiagnosticCode.BadSetLine, "`create` needs a name and a type", words[^1].Span, "write `create NAME TYPE`, e.g. `create blocked hash:ip`");
            return;
        }

        var (name, type) = (words[1], words[2]);
        if (name.Text.Length > SetDefinition.LongestName)
        {
            Fail(DiagnosticCode.BadSetLine, $"the set name `{name.Text}` is longer than {SetDefinition.LongestName} bytes", name.Span);
        }

        if (SetType.Find(type.Text) is not { } known)
        {
            Fail(DiagnosticCode.UnknownSetType, $"there is no set type `{type.Text}`", type.Span,
                Spelling.Nearest(type.Text, SetType.All.Select(t => t.Name)) is { } near ? $"did you mean `{near}`?" : null);
            return;
        }

        if (Header(words, known) is not { } definition) { return; }
        if (_drafts.TryGetValue(name.Text, out var old))
        {
            if (isTolerant && old.Definition.IsLike(definition)) { return; }
            _diagnostics.Add(Diagnostic.Error(DiagnosticCode.SetExists, $"the set `{name.Text}` exists already", name.Span) with
            {
                Labels = [new Label(old.Place, "first created here")],
            });
            return;
        }

        _drafts.Add(name.Text, new Draft(definition, name.Span));
        _order.Add(name.Text);
    }

    private void Change(List<SetWord> words, bool isAdd, bool isTolerant)
    {
        if (Named(words, 1) is not { } draft) { return; }
        var set = draft.Definition;
        if (words.Count < 3)
        {
            Fail(DiagnosticCode.BadSetLine, $"`{words[0].Text}` needs an element", words[^1].Span, $"an element of a {set.Type} is written {SetElementReader.Shape(set)}");
            return;
        }

        var elements = SetElementReader.Read(set, words[2].Text, out var error);
        if (error is not null)
        {
            var place = new TextSpan(words[2].Span.Start + error.Start, error.Length);
            Fail(DiagnosticCode.BadSetElement, error.Message, place, error.Help);
        }

        if (Entry(words, set) is not { } made || error is not null) { return; }
        var (entry, place2) = made;
        foreach (var values in elements)
        {
            var each = entry with { Values = place2.IsWildcard ? [values[0], ((InterfaceValue)values[1]) with { IsWildcard = true }] : values };
            if (!isAdd)
            {
                if (!draft.Index.ContainsKey(each.Values) && !isTolerant) { Fail(DiagnosticCode.BadSetElement, $"the set `{set.Name}` has no such element", words[2].Span); }
                draft.Remove(each.Values);
            }
            else if (!Add(draft, each, words[2], place2, isTolerant))
            {
                return;
            }
        }
    }

    private bool Add(Draft draft, SetEntry entry, SetWord word, Placement place, bool isTolerant)
    {
        var set = draft.Definition;
        if (set.Type.Method == SetMethod.List && !IsMember(entry, word)) { return false; }
        if (draft.Find(entry) is { } at)
        {
            var old = draft.Entries[at]!;
            var fillsMac = SetLayout.KeepsMac(set) && old.Values[1] is MacValue { Address: null } && entry.Values[1] is MacValue { Address: not null };
            if (isTolerant || fillsMac)
            {
                draft.Renew(at, entry);
                return true;
            }

            Fail(DiagnosticCode.BadSetElement, $"the set `{set.Name}` has the element `{SetText.Element(set, entry)}` already", word.Span, "`-exist` at the end of the line allows it");
            return false;
        }

        if (set is { Type.Method: SetMethod.Hash, MostElements: > 0, ForcesRoom: false } && draft.Index.Count >= set.MostElements)
        {
            Fail(DiagnosticCode.BadSetElement, $"the set `{set.Name}` is full: it may have {set.MostElements} elements", word.Span, "create it with a larger `maxelem`");
            return false;
        }

        if (place.Reference is { } reference)
        {
            EquatableArray<SetValue> other = [new MemberValue(reference.Text)];
            if (!draft.Index.ContainsKey(other))
            {
                Fail(DiagnosticCode.BadSetElement, $"`{reference.Text}` is not in the set `{set.Name}`", reference.Span);
                return false;
            }

            draft.Insert(entry, other, place.IsBefore);
            return true;
        }

        draft.Append(entry);
        return true;
    }

    private bool IsMember(SetEntry entry, SetWord word)
    {
        var name = ((MemberValue)entry.Values[0]).Set;
        if (!_drafts.TryGetValue(name, out var member))
        {
            Fail(DiagnosticCode.UnknownSet, $"there is no set `{name}`", word.Span, Spelling.Nearest(name, _order) is { } near ? $"did you mean `{near}`?" : null);
            return false;
        }

        if (member.Definition.Type.Method != SetMethod.List) { return true; }
        Fail(DiagnosticCode.BadSetElement, "a list of sets cannot be in a list", word.Span);
        return false;
    }

    private void Fail(DiagnosticCode code, string message, TextSpan place, string? help = null) => _diagnostics.Add(Diagnostic.Error(code, message, place, help));

    private List<SetWord> Words(TextSpan line)
    {
        var words = new List<SetWord>();
        var text = _source.Text;
        for (var at = line.Start; at < line.End;)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            var isQuoted = text[at] == '"';
            var start = isQuoted ? at + 1 : at;
            var end = start;
            while (end < line.End && (isQuoted ? text[end] != '"' : !char.IsWhiteSpace(text[end]))) { end++; }
            if (isQuoted && end == line.End)
            {
                Fail(DiagnosticCode.UnclosedQuote, "the quote is not closed", TextSpan.FromTo(at, line.End), "write the closing `\"`");
                return [];
            }

            words.Add(new(text[start..end], TextSpan.FromTo(at, isQuoted ? end + 1 : end)));
            at = isQuoted ? end + 1 : end;
        }

        return words;
    }
}
