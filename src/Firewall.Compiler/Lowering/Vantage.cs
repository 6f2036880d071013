using Firewall.Rules.Meaning;

namespace Firewall.Compiler.Lowering;

/// <summary>How well a program knows a field of the surroundings.</summary>
public enum Knowledge
{
    /// <summary>Not at all.</summary>
    Unknown,

    /// <summary>As a set of values, found out for each packet.</summary>
    Possible,

    /// <summary>As a value, found out for each packet.</summary>
    Exact,
}

/// <summary>What can be known where a program runs.</summary>
public static class Vantage
{
    public static Knowledge Of(this ProgramKind program, FieldKind kind) => (program, kind) switch
    {
        (_, FieldKind.Mark) => Knowledge.Exact,
        (ProgramKind.Xdp, FieldKind.TrackState) => Knowledge.Possible,
        (ProgramKind.Xdp, _) => Knowledge.Unknown,
        (_, >= FieldKind.TrackState and <= FieldKind.TrackReplyDestinationPort and not (FieldKind.TrackLookup or FieldKind.LookupStatus)) => Knowledge.Exact,
        (_, FieldKind.Cpu) => Knowledge.Exact,
        _ => Knowledge.Unknown,
    };
}
