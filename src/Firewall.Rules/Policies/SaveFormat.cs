using System.Text;
using Firewall.Rules.Options;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Policies;

/// <summary>Writes a policy as <c>iptables-save</c> does, without its banner. One char is one byte (Latin-1).</summary>
public static class SaveFormat
{
    /// <summary>The whole policy.</summary>
    /// <param name="policy">What to write.</param>
    /// <param name="counters">Whether rules carry their counters, as <c>iptables-save -c</c> prints them; chains always do.</param>
    public static string Write(Policy policy, bool counters = false)
    {
        var text = new StringBuilder();
        foreach (var table in policy.Tables) { Write(table, counters, text); }
        return text.ToString();
    }

    /// <summary>One table, from its <c>*</c> line to its COMMIT.</summary>
    public static void Write(Table table, bool counters, StringBuilder text)
    {
        text.Append('*').Append(table.Name).Append('\n');
        foreach (var chain in table.Chains)
        {
            text.Append(':').Append(chain.Name).Append(' ').Append(PolicyText(chain.Policy)).Append(' ').Append(chain.Counters).Append('\n');
        }

        foreach (var chain in table.Chains)
        {
            foreach (var rule in chain.Rules) { Write(chain, rule, counters, text); }
        }

        text.Append("COMMIT\n");
    }

    private static void Write(Chain chain, Rule rule, bool counters, StringBuilder text)
    {
        if (counters) { text.Append(rule.Counters ?? default).Append(' '); }
        text.Append("-A ").Append(Quoting.QuoteWord(chain.Name));
        var body = rule.ToText();
        if (body.Length > 0) { text.Append(' ').Append(body); }
        text.Append('\n');
    }

    private static string PolicyText(Verdict? policy) => policy switch
    {
        Verdict.Accept => "ACCEPT",
        Verdict.Drop => "DROP",
        _ => "-",
    };
}
