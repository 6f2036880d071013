using Firewall.Bpf.Objects;

namespace Firewall.Bpf.Vm;

/// <summary>All functions of an object in one array, each followed by one slot that faults.</summary>
internal sealed class DecodedCode
{
    private readonly BpfFunction[] _functions;
    private readonly int[] _starts;

    public DecodedCode(BpfObject source)
    {
        _functions = [.. source.Functions];
        _starts = new int[_functions.Length];
        var length = 0;
        for (var i = 0; i < _functions.Length; i++)
        {
            _starts[i] = length;
            length += _functions[i].Code.Length + 1;
        }

        Slots = new DecodedInstruction[length];
        for (var i = 0; i < _functions.Length; i++)
        {
            Decode(_functions[i], _starts[i], source);
        }
    }

    public DecodedInstruction[] Slots { get; }

    public int StartOf(string function)
    {
        var index = Array.FindIndex(_functions, f => f.Name == function);
        return index >= 0 ? _starts[index] : throw new ArgumentException($"there is no function \"{function}\"", nameof(function));
    }

    /// <summary>The exception that names the function and the slot in it.</summary>
    /// <param name="next">The slot after the one at fault: the interpreter has moved on when an instruction acts.</param>
    public VmFaultException Fault(int next, ulong address, string reason)
    {
        var pc = next - 1;
        var found = Array.BinarySearch(_starts, pc);
        var function = found >= 0 ? found : ~found - 1;
        return new VmFaultException(_functions[function].Name, pc - _starts[function], address, reason);
    }

    private void Decode(BpfFunction function, int start, BpfObject source)
    {
        var code = function.Code;
        for (var i = 0; i < code.Length; i++)
        {
            if (code[i].IsWideLoad && i + 1 < code.Length)
            {
                var value = (uint)code[i].Immediate | ((ulong)(uint)code[i + 1].Immediate << 32);
                Slots[start + i] = new(Operation.LoadConstant, code[i].Destination.Number, 0, UsesSource: false, 1, value);
                i++;
            }
            else
            {
                Slots[start + i] = Decoder.Decode(code[i], start + i, start, code.Length);
            }
        }

        foreach (var relocation in function.Relocations)
        {
            ref var slot = ref Slots[start + relocation.Index];
            slot = relocation switch
            {
                CallRelocation call => slot with { Offset = StartOf(call.FunctionName) },
                FunctionPointerRelocation pointer => slot with
                {
                    Immediate = AddressSpace.StartOf(AddressSpace.FunctionRegion) + (ulong)StartOf(pointer.FunctionName),
                },
                MapRelocation map => slot with
                {
                    Immediate = AddressSpace.StartOf(AddressSpace.MapHandleRegion) + (ulong)IndexOf(source, map.MapName),
                },
                MapValueRelocation value => slot with
                {
                    Immediate = AddressSpace.StartOf(AddressSpace.FirstMapRegion + (ulong)IndexOf(source, value.MapName)) + (ulong)value.Offset,
                },

                KernelCallRelocation call => slot with { Operation = Operation.CallKernel, Immediate = (ulong)KernelCalls.NumberOf(call.Function) },

                // A structure that is not simulated is a fault, should the program get there.
                KernelFieldRelocation field => KernelCalls.PlaceOf(field.Field) is { } place ? slot with { Offset = place } : default,
                _ => throw new ArgumentException($"unknown relocation {relocation}", nameof(function)),
            };
        }
    }

    private static int IndexOf(BpfObject source, string map) => source.Maps.IndexOf(source.Map(map));
}
