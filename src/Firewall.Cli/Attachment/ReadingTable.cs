using System.Text;
using Firewall.Cli.Rendering;
using Firewall.Rules.Meaning;

namespace Firewall.Cli.Attachment;

/// <summary>A reading for people: the chains as <c>iptables -L -v -n -x</c> lists them, then what was deferred: packets of unsound form always, other reasons when there were any.</summary>
internal static class ReadingTable
{
    public static void Write(CounterReading reading, Stream output)
    {
        var text = new StringWriter { NewLine = "\n" };
        foreach (var family in reading.Families)
        {
            if (reading.Families.Length > 1) { text.WriteLine(family.Family); }
            foreach (var chain in family.Chains)
            {
                CounterTable.WriteChain(text, chain.Chain, family.Family, chain.Policy, chain.Rules.Select(r => r.Counters), chain.References);
                text.WriteLine();
            }
        }

        var deferred = reading.Deferred.Where((d, reason) => reason <= (int)DeferReason.Dhcp || d.Counters.Packets > 0).ToList();
        WriteDeferred(text, "Deferred to the kernel", deferred.Where(d => d.Passes));
        WriteDeferred(text, "\nDeferred and dropped", deferred.Where(d => !d.Passes));

        // Latin-1: bytes of comments that are not UTF-8 come out as they went in.
        output.Write(Encoding.Latin1.GetBytes(text.ToString()));
    }

    private static void WriteDeferred(StringWriter text, string title, IEnumerable<ReasonReading> reasons)
    {
        if (!reasons.Any()) { return; }
        text.WriteLine(title);
        text.WriteLine($"{"pkts",8} {"bytes",10} reason");
        foreach (var reason in reasons) { text.WriteLine($"{reason.Counters.Packets,8} {reason.Counters.Bytes,10} {reason.Reason}"); }
    }
}
