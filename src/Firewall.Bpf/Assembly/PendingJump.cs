using System.Runtime.InteropServices;

namespace Firewall.Bpf.Assembly;

/// <summary>A jump whose distance is not known yet.</summary>
/// <param name="Slot">Where its instruction stands before relaxation.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PendingJump(int Slot, Label Target);
