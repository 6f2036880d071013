using System.Runtime.InteropServices;

namespace Firewall.Bpf.Vm;

/// <summary>An instruction ready to run.</summary>
/// <param name="Offset">Bytes for memory accesses, the absolute target for jumps and calls.</param>
/// <param name="Immediate">Extended to 64 bits; all of a wide load's.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct DecodedInstruction(
    Operation Operation, byte Destination, byte Source, bool UsesSource, int Offset, ulong Immediate);
