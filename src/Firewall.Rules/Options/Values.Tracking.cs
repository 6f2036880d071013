using System.Collections.Immutable;

namespace Firewall.Rules.Options;

public static partial class Values
{
    /// <summary>Bits 0, 1, …, in the order in which iptables-save prints them (libxt_CT.c).</summary>
    private static readonly ImmutableArray<string> EventNames =
        ["new", "related", "destroy", "reply", "assured", "protoinfo", "helper", "mark", "natseqinfo", "secmark"];

    /// <summary>Events of a connection between commas.</summary>
    public static readonly ValueGrammar<uint> ConnectionEvents = Word<uint>("connection-events", text => ReadEvents(text, EventNames.Length));

    /// <summary>Events of an expected connection; there is only one.</summary>
    public static readonly ValueGrammar<uint> ExpectationEvents = Word<uint>("expectation-events", text => ReadEvents(text, 1));

    /// <summary>The number of a zone, or null for <c>mark</c>.</summary>
    public static readonly ValueGrammar<ushort?> Zone = Word<ushort?>("zone", text =>
        text.Equals("mark", StringComparison.OrdinalIgnoreCase) ? (ushort?)null
        : Numbers.TryParse(text, ushort.MaxValue, out var number) ? (ushort?)number
        : Wrong($"`{text}` is not a zone", "a zone is a number up to 65535, or mark"));

    /// <summary>Events as iptables-save prints them.</summary>
    public static string EventText(uint events) => string.Join(',', EventNames.Where((_, bit) => (events & 1u << bit) != 0));

    private static ValueResult<uint> ReadEvents(string text, int count)
    {
        var events = 0u;
        foreach (var item in text.Split(','))
        {
            var bit = EventNames.IndexOf(item);
            if (bit < 0 || bit >= count) { return Wrong($"`{item}` is not an event", $"the events are {string.Join(' ', EventNames.Take(count))}"); }
            events |= 1u << bit;
        }

        return events;
    }
}
