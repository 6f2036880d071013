using System.Collections.Immutable;
using Firewall.Bpf.Isa;

namespace Firewall.Bpf.Objects;

/// <summary>Lays a program and the functions it reaches out in one piece of code and resolves the distances between them.</summary>
internal static class Linker
{
    public static LinkedProgram Link(BpfObject source, string program)
    {
        var entry = source.Function(program);
        if (entry.Kind != FunctionKind.Program)
        {
            throw new ArgumentException($"{program} is not a program but a {entry.Kind} function", nameof(program));
        }

        var functions = Reachable(source, entry);
        var starts = new Dictionary<string, int>(functions.Count);
        var table = ImmutableArray.CreateBuilder<LinkedFunction>(functions.Count);
        var length = 0;
        foreach (var function in functions)
        {
            starts.Add(function.Name, length);
            table.Add(new LinkedFunction(function.Name, function.Kind, function.ScalarArguments, length));
            length += function.Code.Length;
        }

        var code = ImmutableArray.CreateBuilder<Instruction>(length);
        var maps = ImmutableArray.CreateBuilder<MapReference>();
        var kernel = ImmutableArray.CreateBuilder<KernelReference>();
        foreach (var function in functions)
        {
            var start = code.Count;
            code.AddRange(function.Code);
            foreach (var relocation in function.Relocations)
            {
                var index = start + relocation.Index;
                code[index] = Resolve(code[index], index, relocation, starts);
                if (relocation is MapRelocation map)
                {
                    maps.Add(new MapReference(index, source.Map(map.MapName).Name, ValueOffset: null));
                }
                else if (relocation is MapValueRelocation value)
                {
                    code[index + 1] = code[index + 1] with { Immediate = value.Offset };
                    maps.Add(new MapReference(index, source.Map(value.MapName).Name, value.Offset));
                }
                else if (relocation is KernelCallRelocation call)
                {
                    kernel.Add(new KernelReference(index, call.Function, Field: null));
                }
                else if (relocation is KernelFieldRelocation field)
                {
                    kernel.Add(new KernelReference(index, Function: null, field.Field));
                }
            }
        }

        var lines = functions.TrueForAll(f => f.Lines.IsEmpty) ? [] : LineTable.Merge(functions.Select(f => (f, starts[f.Name])));
        return new LinkedProgram(
            program, source.License, code.MoveToImmutable(), table.MoveToImmutable(), maps.ToImmutable(), lines)
        {
            Type = source.Type,
            KernelReferences = kernel.ToImmutable(),
        };
    }

    private static Instruction Resolve(Instruction slot, int index, Relocation relocation, Dictionary<string, int> starts) => relocation switch
    {
        MapRelocation => slot with { Source = new Register((byte)WideSource.Map), Immediate = 0 },
        MapValueRelocation => slot with { Source = new Register((byte)WideSource.MapValue), Immediate = 0 },
        CallRelocation call => Instruction.CallLocal(starts[call.FunctionName] - index - 1),
        FunctionPointerRelocation pointer => slot with
        {
            Source = new Register((byte)WideSource.Function),
            Immediate = starts[pointer.FunctionName] - index - 1,
        },
        KernelCallRelocation or KernelFieldRelocation => slot,
        _ => throw new ArgumentException($"unknown relocation {relocation}", nameof(relocation)),
    };

    /// <summary>The entry, then depth first in the order of first mention.</summary>
    private static List<BpfFunction> Reachable(BpfObject source, BpfFunction entry)
    {
        var byName = source.Functions.ToDictionary(f => f.Name);
        var seen = new HashSet<string> { entry.Name };
        var order = new List<BpfFunction>();
        var pending = new Stack<BpfFunction>([entry]);
        while (pending.TryPop(out var function))
        {
            order.Add(function);
            foreach (var callee in CalledBy(function, byName).Reverse())
            {
                if (seen.Add(callee.Name))
                {
                    pending.Push(callee);
                }
            }
        }

        return order;
    }

    private static IEnumerable<BpfFunction> CalledBy(BpfFunction function, Dictionary<string, BpfFunction> byName)
    {
        foreach (var relocation in function.Relocations)
        {
            var callee = relocation switch
            {
                CallRelocation call => byName.GetValueOrDefault(call.FunctionName),
                FunctionPointerRelocation pointer => byName.GetValueOrDefault(pointer.FunctionName),
                _ => function,
            };
            yield return (relocation, callee) switch
            {
                (_, null) => throw new ArgumentException($"{function.Name} needs a function that is not there: {relocation}", nameof(byName)),
                (CallRelocation, { Kind: FunctionKind.Program }) =>
                    throw new ArgumentException($"{function.Name} calls the program {callee.Name}; programs are reached by tail calls", nameof(byName)),
                (FunctionPointerRelocation, { Kind: not (FunctionKind.Callback or FunctionKind.Visitor) }) =>
                    throw new ArgumentException($"{function.Name} takes the address of {callee.Name}, which is no callback", nameof(byName)),
                _ => callee,
            };
        }
    }
}
