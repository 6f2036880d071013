using Firewall.Rules.Meaning;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>
/// The loop over header options that TCP and DCCP share in the kernel (<c>tcp_find_option</c>, <c>dccp_find_option</c>): kinds 0 and 1 are one
/// byte long, the end-of-list option does not end the search, and a length of 0 counts as 1.
/// </summary>
internal static class HeaderOptions
{
    /// <summary>Ends the search with "found" at an option of the kind, with "not found" at <paramref name="end"/>.</summary>
    /// <param name="kind">The kind looked for.</param>
    /// <param name="bytes">How long the options can be at most.</param>
    /// <param name="place">Where they begin; moves on.</param>
    /// <param name="end">One past their last byte.</param>
    /// <param name="octet">A variable to work with.</param>
    public static Step Find(int kind, int bytes, Local place, Local end, Local octet) => new Repeat(bytes + 1,
    [
        If(place.AtLeast(end), NotFound),
        Byte(octet, place),
        If(octet.Is(kind), Found),
        Set(place, place + 1),
        If(octet.AtLeast(2),
            If(place.AtLeast(end), NotFound),
            Byte(octet, place),
            If(octet.AtLeast(2), Set(place, place + octet - 1))),
    ]);
}
