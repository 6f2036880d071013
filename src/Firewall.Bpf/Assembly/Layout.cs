using System.Collections.Immutable;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;

namespace Firewall.Bpf.Assembly;

/// <summary>Code after relaxation, and where each slot went.</summary>
/// <param name="Positions">The new position of each old slot; of a slot that is gone, that of the next one that stayed.</param>
internal sealed record Layout(int[] Positions, ImmutableArray<Instruction> Code)
{
    public ImmutableArray<Relocation> Move(List<Relocation> relocations) =>
        [.. relocations.Select(r => r with { Index = Positions[r.Index] })];

    /// <summary>Where jumps vanished, several entries may fall on one instruction: the last one is its own.</summary>
    public ImmutableArray<LineEntry> Move(List<LineEntry> lines)
    {
        var moved = ImmutableArray.CreateBuilder<LineEntry>(lines.Count);
        for (var i = 0; i < lines.Count; i++)
        {
            var index = Positions[lines[i].Index];
            var next = i + 1 < lines.Count ? Positions[lines[i + 1].Index] : Code.Length;
            if (index < next)
            {
                moved.Add(lines[i] with { Index = index });
            }
        }

        return moved.ToImmutable();
    }
}
