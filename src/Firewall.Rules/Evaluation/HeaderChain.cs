using Firewall.Rules.Meaning;

namespace Firewall.Rules.Evaluation;

/// <summary>How the walk over IPv6 extension headers ended.</summary>
public enum ChainEnd
{
    /// <summary>At a protocol.</summary>
    Protocol,

    /// <summary>At a header whose first bytes are not in the packet (<c>-EBADMSG</c>).</summary>
    Cut,

    /// <summary>At the header of a later fragment that names another extension header (<c>-ENOENT</c>).</summary>
    HiddenByFragment,
}

/// <summary>What <c>ipv6_find_hdr</c> (net/ipv6/exthdrs_core.c) finds in a packet, for every target at once.</summary>
internal sealed class HeaderChain
{
    private readonly int _network;
    private readonly Dictionary<HeaderBase, int> _offsets = [];

    private HeaderChain(ReadOnlySpan<byte> frame, int network) => (_network, Protocol, TransportOffset) = (network, frame[network + 6], network + 40);

    public ChainEnd End { get; private set; }

    /// <summary>The last next-header value.</summary>
    public byte Protocol { get; private set; }

    /// <summary>
    /// Where that header begins; may lie beyond the packet, because lengths are believed. For later fragments the kernel does not look: there it is
    /// the IPv6 header itself.
    /// </summary>
    public int TransportOffset { get; private set; }

    /// <summary>In units of eight bytes; 0 unless the walk ended at the protocol of a later fragment.</summary>
    public int FragmentOffset { get; private set; }

    /// <summary>Whether a fragment header was met that says so: not a whole (atomic) packet.</summary>
    public bool IsFragment { get; private set; }

    /// <summary>The first header of a kind, or null when the walk met none.</summary>
    public int? Offset(HeaderBase header) => _offsets.TryGetValue(header, out var offset) ? offset : null;

    /// <summary>Walks from the IPv6 header to the end of the chain.</summary>
    /// <param name="frame">The frame up to the packet's end.</param>
    /// <param name="network">Where the IPv6 header begins.</param>
    public static HeaderChain Walk(ReadOnlySpan<byte> frame, int network)
    {
        var chain = new HeaderChain(frame, network);
        while (Kind(chain.Protocol) is { } header && chain.Step(frame, header)) { }
        return chain;
    }

    private static HeaderBase? Kind(byte number) => number switch
    {
        0 => HeaderBase.HopByHop,
        43 => HeaderBase.Routing,
        44 => HeaderBase.Fragment,
        51 => HeaderBase.Authentication,
        60 => HeaderBase.DestinationOptions,
        _ => null,
    };

    /// <summary>Moves over one header; false where the walk ends.</summary>
    private bool Step(ReadOnlySpan<byte> frame, HeaderBase header)
    {
        var start = TransportOffset;
        var needed = header is HeaderBase.Routing or HeaderBase.Fragment ? 4 : 2;
        if (start > frame.Length - needed)
        {
            End = ChainEnd.Cut;
            return false;
        }

        _offsets.TryAdd(header, start);
        var (next, length) = (frame[start], frame[start + 1]);
        var offset = header == HeaderBase.Fragment ? frame[start + 2] << 5 | frame[start + 3] >> 3 : 0;
        IsFragment |= header == HeaderBase.Fragment && (offset != 0 || (frame[start + 3] & 1) != 0);
        if (offset != 0 && Kind(next) is not null)
        {
            End = ChainEnd.HiddenByFragment;
            return false;
        }

        Protocol = next;
        FragmentOffset = offset;
        TransportOffset = start + header switch
        {
            HeaderBase.Fragment when offset != 0 => _network - start,
            HeaderBase.Fragment => 8,
            HeaderBase.Authentication => (length + 2) * 4,
            _ => (length + 1) * 8,
        };
        return offset == 0;
    }
}
