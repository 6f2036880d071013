using Firewall.Rules.Meaning;

namespace Firewall.Compiler.Lowering;

/// <summary>Why the answer to an atom may be unknown. A packet that meets everything else a rule asks is deferred when one of the rule's doubts holds for it.</summary>
public abstract record Doubt(DeferReason Reason);

/// <summary>Holds for every packet: nobody here knows.</summary>
public sealed record StandingDoubt(DeferReason Reason) : Doubt(Reason);

/// <summary>Holds when the input device is not in the map of interfaces.</summary>
public sealed record DeviceDoubt() : Doubt(DeferReason.InInterface);

/// <summary>Holds when the output device, which routing told, is not in the map of interfaces.</summary>
public sealed record OutDeviceDoubt() : Doubt(DeferReason.OutInterface);

/// <summary>Holds when the connection may also be in a state other than these.</summary>
/// <param name="States">Bits by <see cref="TrackState"/>.</param>
public sealed record StateDoubt(uint States) : Doubt(DeferReason.ConnectionState);

/// <summary>Holds unless one of these tests, which can be answered, does.</summary>
public sealed record UnlessDoubt(AnyOf Known, DeferReason Reason) : Doubt(Reason);

/// <summary>An atom whose answer may be unknown.</summary>
/// <param name="Possible">False when the answer is certainly no; null when it never is.</param>
public sealed record Doubtful(Atom? Possible, Doubt Doubt) : Atom;

/// <summary>True when the connection may be in one of these states.</summary>
/// <param name="States">Bits by <see cref="TrackState"/>.</param>
public sealed record MayBeIn(uint States) : Atom;
