using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Firewall.Bpf.Objects;
using Firewall.Kernel.Maps;

namespace Firewall.Kernel.Loading;

/// <summary>An object whose maps and programs are in the kernel. Disposing lets go of all that is not pinned or attached.</summary>
public sealed class LoadedObject : IDisposable
{
    /// <summary>BPF_F_RDONLY_PROG: programs only read the map.</summary>
    private const uint ReadOnlyForPrograms = 1 << 7;

    private readonly Dictionary<string, BpfMap> _maps = [];
    private readonly Dictionary<string, LoadedProgram> _programs = [];

    private LoadedObject(BpfObject source) => Source = source;

    public BpfObject Source { get; }

    public IReadOnlyDictionary<string, BpfMap> Maps => _maps;

    public IReadOnlyDictionary<string, LoadedProgram> Programs => _programs;

    /// <summary>The program to attach: the object's first.</summary>
    public LoadedProgram Entry => _programs[Source.Programs.First().Name];

    /// <summary>
    /// Creates and fills the maps, loads every program, then lets program arrays point to them. All or nothing.
    /// </summary>
    /// <exception cref="VerifierException">The verifier refused a program.</exception>
    /// <exception cref="Errors.KernelException">The kernel refused something else.</exception>
    public static LoadedObject Load(BpfObject source, LoadOptions? options = null)
    {
        var loaded = new LoadedObject(source);
        try
        {
            foreach (var spec in source.Maps)
            {
                var map = BpfMap.Create(spec);
                loaded._maps.Add(spec.Name, map);
                Fill(map, spec);
            }

            foreach (var program in source.Programs)
            {
                loaded._programs.Add(program.Name, new ProgramLoader(source.Link(program.Name), loaded._maps, options ?? LoadOptions.Default).Load());
            }

            foreach (var spec in source.Maps)
            {
                loaded.Point(loaded._maps[spec.Name], spec.InitialPrograms);
            }

            return loaded;
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var program in _programs.Values)
        {
            program.Dispose();
        }

        foreach (var map in _maps.Values)
        {
            map.Dispose();
        }
    }

    private static void Fill(BpfMap map, MapSpec spec)
    {
        if (!spec.InitialEntries.IsEmpty)
        {
            map.UpdateAll([.. spec.InitialEntries.Select(entry => (Bytes(entry.Key), Bytes(entry.Value)))]);
        }

        if ((spec.Flags & ReadOnlyForPrograms) != 0)
        {
            map.Freeze();
        }
    }

    /// <summary>Tail calls: slot n of a program array runs the n-th of the names.</summary>
    private void Point(BpfMap array, ImmutableArray<string> programs)
    {
        for (var slot = 0; slot < programs.Length; slot++)
        {
            using var loan = _programs[programs[slot]].Descriptor.Lend();
            array.Update(slot, loan.Number);
        }
    }

    private static byte[] Bytes(ImmutableArray<byte> bytes) => ImmutableCollectionsMarshal.AsArray(bytes) ?? [];
}
