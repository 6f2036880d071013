using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Runs a classic BPF program, whose packet begins with the IP header, and matches where it does not return 0 (net/netfilter/xt_bpf.c). An object
/// that another program has pinned can do anything.
/// </summary>
/// <param name="Bytecode">The program; empty when it is a pinned object.</param>
/// <param name="ObjectPath">Path of the pinned object; null for none.</param>
public sealed record BpfMatch(EquatableArray<BpfInstruction> Bytecode, string? ObjectPath) : Match
{
    private static readonly Option<string> ObjectPinned = Option.Value("--object-pinned", Values.PinnedObject);
    private static readonly Option<EquatableArray<BpfInstruction>> Code = Option.Value("--bytecode", Values.Bytecode);

    public static readonly MatchModule Module = new("bpf")
    {
        Summary = "Runs a classic BPF program over the packet.",
        Options = [ObjectPinned, Code],
        Create = Read,
        Examples =
        [
            Accepts("-m bpf --bytecode \"4,48 0 0 9,21 0 1 17,6 0 0 1,6 0 0 0\""),
            Accepts("-m bpf --bytecode \"01, 6 256 0 -1 comment,\"", prints: "-m bpf --bytecode \"1,6 0 0 4294967295\""),
            Accepts("-m bpf --bytecode \"1,22 0 0 0\""),
            Accepts("-m bpf --bytecode \"2,48 0 0 4294963200,6 0 0 1\""),
            Accepts("-m bpf --bytecode \"3,2 0 0 15,96 0 0 15,22 0 0 0\""),
            Rejects("-m bpf"),
            Rejects("-m bpf --bytecode \"1,6 0 0\""),
            Rejects("-m bpf --bytecode \"2,6 0 0 0\""),
            Rejects("-m bpf --bytecode \"1,6 0 0 0,6 0 0 0\""),
            Rejects("-m bpf --bytecode \"0x1,6 0 0 1\""),
            Rejects("-m bpf --bytecode \"1,0 0 0 0\""),
            Rejects("-m bpf --bytecode \"2,21 0 1 5,6 0 0 1\""),
            Rejects("-m bpf --bytecode \"2,48 0 0 4294963300,6 0 0 1\""),
            Rejects("-m bpf --bytecode \"2,96 0 0 0,6 0 0 1\""),
            Rejects("-m bpf --bytecode \"4,21 0 1 1,2 0 0 3,96 0 0 3,6 0 0 1\""),
            Rejects("-m bpf --bytecode \"2,52 0 0 0,6 0 0 1\""),
            Rejects("-m bpf --bytecode \"2,100 0 0 32,6 0 0 1\""),
            Rejects("-m bpf ! --bytecode \"1,6 0 0 1\""),
            Rejects("-m bpf --bytecode \"1,6 0 0 1\" --object-pinned /sys/fs/bpf/x"),
            Hits("-m bpf --bytecode \"4,48 0 0 9,21 0 1 17,6 0 0 1,6 0 0 0\"", Packet.Udp(1, 53)),

            // tcp[(tcp[12] >> 4) * 4 : 4] = 0x47455420, that is "GET ".
            Hits("-m bpf --bytecode \"10,177 0 0 0,80 0 0 12,84 0 0 240,116 0 0 2,12 0 0 0,7 0 0 0,64 0 0 0,21 0 1 1195725856,6 0 0 65535,6 0 0 0\"", Packet.Tcp(1, 80).WithTcpOptions(1, 1, 1, 1).WithPayload(0x47, 0x45, 0x54, 0x20)),
            Hits("-m bpf --bytecode \"5,128 0 0 0,148 0 0 30,21 0 1 28,6 0 0 1,6 0 0 0\"", Packet.Udp(1, 53)),
            Hits("-m bpf --bytecode \"4,48 0 0 4294963200,21 1 0 34525,6 0 0 0,6 0 0 1\"", Packet.Udp6(1, 53)),
            Hits("-m bpf --bytecode \"8,0 0 0 7,2 0 0 3,132 0 0 0,97 0 0 3,12 0 0 0,21 0 1 0,6 0 0 1,6 0 0 0\"", Packet.Udp(1, 53)),
            Misses("-m bpf --bytecode \"4,48 0 0 9,21 0 1 17,6 0 0 1,6 0 0 0\"", Packet.Tcp(1, 53)),
            Misses("-m bpf --bytecode \"2,32 0 0 25,6 0 0 1\"", Packet.Udp(1, 53).Padded(4)),
            Misses("-m bpf --bytecode \"3,1 0 0 0,60 0 0 0,6 0 0 1\"", Packet.Udp(1, 53)),
            Misses("-m bpf --bytecode \"3,5 0 0 1,6 0 0 1,6 0 0 0\"", Packet.Udp6(1, 53)),
            Defers("-m bpf --bytecode \"2,32 0 0 4294963220,22 0 0 0\"", DeferReason.Match, Packet.Udp(1, 53)),
            Defers("-m bpf --bytecode \"4,32 0 0 12,7 0 0 0,64 0 0 0,22 0 0 0\"", DeferReason.Match, Packet.Udp(1, 53)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) =>
        Guard.Of(ObjectPath is null ? new ClassicBpf(Bytecode, family).Meaning() : new Unknowable(DeferReason.Match));

    public override void Print(OptionWriter writer)
    {
        if (ObjectPath is not null) { writer.Write(ObjectPinned, ObjectPath); }
        else { writer.Write(Code, $"\"{Values.BytecodeText(Bytecode)}\""); }
    }

    private static BpfMatch? Read(GivenOptions given)
    {
        if (given.Has(Code) == given.Has(ObjectPinned))
        {
            given.Fail(given.Has(Code) ? ObjectPinned : null, "exactly one of --bytecode and --object-pinned must be given");
            return null;
        }

        if (given.Get(ObjectPinned) is { } pinned) { return new([], pinned.Value); }
        if (given.Get(Code) is not { } code) { return null; }
        if (new ClassicBpf(code.Value, given.Context.Family).Fault() is not { } fault) { return new(code.Value, null); }
        given.Fail(Code, $"the kernel refuses the program, {fault}");
        return null;
    }
}
