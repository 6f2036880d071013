using Firewall.Rules.Names;

namespace Firewall.Rules.Options;

public static partial class Values
{
    /// <summary>Whether an IPsec policy is asked for by the way in (true) or out.</summary>
    public static readonly ValueGrammar<bool> PolicyDirection = Word<bool>("policy-direction", text =>
        text is "in" or "out" ? text == "in" : Wrong($"`{text}` is neither in nor out"));

    /// <summary>Whether there must be IPsec (true) or none.</summary>
    public static readonly ValueGrammar<bool> PolicyKind = Word<bool>("policy-kind", text =>
        text is "ipsec" or "none" ? text == "ipsec" : Wrong($"`{text}` is neither ipsec nor none"));

    /// <summary>Whether an IPsec transformation makes a tunnel (true) or not.</summary>
    public static readonly ValueGrammar<bool> PolicyMode = Word<bool>("policy-mode", text =>
        text is "tunnel" or "transport" ? text == "tunnel" : Wrong($"`{text}` is neither tunnel nor transport"));

    /// <summary>A protocol of IPsec by its number or its name in small letters.</summary>
    public static readonly ValueGrammar<byte> PolicyProtocol = Word<byte>("policy-protocol", text =>
    {
        var isProtocol = Protocols.TryParse(text, out var protocol) && !text.AsSpan().ContainsAnyInRange('A', 'Z');
        var isKnown = isProtocol && (protocol is Protocols.Esp or Protocols.Ah or Protocols.IPComp);
        return isKnown ? protocol : Wrong($"`{text}` is not a protocol of IPsec", "the protocols are ah, esp and ipcomp");
    });
}
