using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;

namespace Firewall.Cli.Rendering;

/// <summary>The code as bytes, one instruction slot of eight bytes a line, each function under its name. References to maps and functions are still open.</summary>
internal static class HexListing
{
    public static void Write(TextWriter writer, BpfObject source)
    {
        foreach (var function in source.Functions)
        {
            writer.WriteLine($"# {function.Name}");
            foreach (var slot in Instruction.Encode(function.Code.AsSpan()).Chunk(Instruction.Size))
            {
                writer.WriteLine(string.Join(' ', slot.Select(b => b.ToString("x2"))));
            }
        }
    }
}
