using System.Collections.Immutable;
using System.Globalization;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// The maps in which searches remember. Every rule has a cell of its own for each program that asks for one, in one array; every table is a hash. They are
/// not per processor: what the kernel's modules remember is one for all. Where a program works on entries atomically each has a spin lock behind its words.
/// </summary>
public sealed class SearchMemory(uint hertz)
{
    /// <summary>Name of the array of cells.</summary>
    public const string CellsMap = "cells";

    /// <summary>Name of the map that tells CLOCK_TAI from CLOCK_REALTIME: u64, seconds that the first is ahead; the loader writes it.</summary>
    public const string ClockMap = "clock";

    /// <summary><c>-E2BIG</c>: the hash is full.</summary>
    public const int TooBig = -7;

    private const int OnlyNew = 1; // BPF_NOEXIST
    private const int LockSize = 8;
    private const int LongestName = 15;

    public static readonly MapSpec Clock = new(ClockMap, MapType.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1);

    /// <summary>u64: the last ticket.</summary>
    private static readonly MapSpec Tickets = new("ticket", MapType.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1);

    /// <summary>As instructions name it; its size comes with <see cref="Maps"/>.</summary>
    private static readonly MapSpec Cells = new(CellsMap, MapType.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1);

    /// <summary>New entries are copied from here; they may be larger than a stack.</summary>
    private static readonly MapSpec Zeros = new("zeros", MapType.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1);

    private readonly Dictionary<(RuleIdentity, StepProgram), int> _cells = [];
    private readonly Dictionary<string, TableMap> _tables = new(StringComparer.Ordinal);
    private readonly HashSet<StepProgram> _programs = [];

    /// <summary>A table and its map.</summary>
    private sealed record TableMap(Table Table, string Map, string Room)
    {
        public MapSpec Spec { get; } = new(Map, MapType.Hash, 8 * Table.KeyWords, 8 * Table.Words, Table.Capacity);
    }

    /// <summary>The kernel's <c>HZ</c>.</summary>
    public uint Hertz => hertz;

    /// <summary>What the maps are for.</summary>
    public MemoryLayout Layout => new(
        [.. _cells.OrderBy(c => c.Value).Select(c => c.Key)],
        [.. _tables.Values.Select(t => (t.Table, t.Map))]);

    public static bool HasCell(StepProgram program) => program.Memories.Any(m => m is Cell);

    /// <summary>Whether something can be thrown out of the table when it is full.</summary>
    public static bool MakesRoom(Table table) => table.OldestBy is not null || table.ExpiresBy is not null;

    /// <summary>Number of the cell that the rule has for the program; the same from whichever chain the rule is reached.</summary>
    public int CellOf(RuleIdentity rule, StepProgram program)
    {
        if (!_cells.TryGetValue((rule, program), out var number)) { _cells.Add((rule, program), number = _cells.Count); }
        return number;
    }

    /// <summary>Takes a program's needs down.</summary>
    public void Note(StepProgram program)
    {
        if (!_programs.Add(program)) { return; }
        foreach (var table in program.Memories.OfType<Table>())
        {
            if (!_tables.TryGetValue(table.Name, out var known)) { _tables.Add(table.Name, NewMap(table)); }
            else if (known.Table != table) { throw new ArgumentException($"two tables have the name {table.Name}", nameof(program)); }
        }
    }

    /// <summary>The maps, once all programs have been noted.</summary>
    public IEnumerable<MapSpec> Maps
    {
        get
        {
            var expressions = _programs.SelectMany(p => SearchFrame.All(p.Body)).SelectMany(s => s.Expressions).SelectMany(e => e.WithParts).ToList();
            if (_cells.Count > 0)
            {
                var locks = IsLocked(m => m is Cell);
                yield return Cells with { ValueSize = (8 * CellWords) + (locks ? LockSize : 0), MaxEntries = _cells.Count, Lock = locks ? 8 * CellWords : null };
            }

            foreach (var table in _tables.Values) { yield return Sized(table); }
            if (_tables.Count > 0) { yield return Zeros with { ValueSize = _tables.Values.Max(t => Sized(t).ValueSize) }; }
            if (expressions.Any(e => e is Now { Clock: ClockKind.RealSeconds })) { yield return Clock; }
            if (expressions.Any(e => e is Ticket)) { yield return Tickets; }
        }
    }

    /// <summary>The functions that make room in full tables.</summary>
    public IEnumerable<BpfFunction> BuildFunctions() =>
        _tables.Values.Where(t => MakesRoom(t.Table)).SelectMany(t => new RoomEmitter(t.Table, t.Spec, t.Room).Build());

    /// <summary>R0 = the cell whose number the frame has, or 0. R7 is the frame.</summary>
    public static void EmitFindCell(Assembler asm, short number) => EmitMapCall(asm, Cells, number, HelperFunction.MapLookupElement);

    /// <summary>R0 = the entry under the key in the frame, or 0.</summary>
    public void EmitLookup(Assembler asm, Table table, short key) => EmitMapCall(asm, MapOf(table), key, HelperFunction.MapLookupElement);

    public void EmitDelete(Assembler asm, Table table, short key) => EmitMapCall(asm, MapOf(table), key, HelperFunction.MapDeleteElement);

    /// <summary>Makes an entry of zeros unless there is one. R0 = 0, or an error number.</summary>
    public void EmitInsert(Assembler asm, Table table, short key)
    {
        asm.LoadMapValue(R3, Zeros, 0);
        asm.Move(R4, OnlyNew);
        EmitMapCall(asm, MapOf(table), key, HelperFunction.MapUpdateElement);
    }

    /// <summary>R0 = 0 when nothing could be thrown out.</summary>
    public void EmitMakeRoom(Assembler asm, Table table)
    {
        asm.Move(R1, R6);
        asm.Call(_tables[table.Name].Room);
    }

    /// <summary>Locks or unlocks the entry.</summary>
    public void EmitLock(Assembler asm, Memory memory, Register entry, int helper)
    {
        asm.Move(R1, entry);
        asm.Alu(AluOp.Add, R1, 8 * (memory is Cell ? CellWords : memory.Words));
        asm.CallHelper(helper);
    }

    /// <summary>R0 = the next ticket.</summary>
    public static void EmitTicket(Assembler asm)
    {
        asm.LoadMapValue(R1, Tickets, 0);
        asm.Move(R0, 1);
        asm.Emit(Instruction.Atomic(AtomicOp.FetchAdd, Width.Double, R1, 0, R0));
        asm.Alu(AluOp.Add, R0, 1);
    }

    /// <summary>Words of the largest cell.</summary>
    private int CellWords => _programs.SelectMany(p => p.Memories).OfType<Cell>().Max(c => c.Words);

    private MapSpec MapOf(Table table) => _tables[table.Name].Spec;

    private MapSpec Sized(TableMap table) => IsLocked(m => m.Equals(table.Table))
        ? table.Spec with { ValueSize = (8 * table.Table.Words) + LockSize, Lock = 8 * table.Table.Words }
        : table.Spec;

    private bool IsLocked(Func<Memory, bool> memory) =>
        _programs.Any(p => p.Memories.Any(memory) && SearchFrame.All(p.Body).Any(s => s is Atomically));

    /// <summary>The kernel takes short names of few characters; the number makes them different.</summary>
    private TableMap NewMap(Table table)
    {
        var number = string.Create(CultureInfo.InvariantCulture, $"_{_tables.Count}");
        var text = string.Concat(table.Name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        return new TableMap(table, text[..Math.Min(text.Length, LongestName - number.Length)] + number, "room" + number);
    }

    private static void EmitMapCall(Assembler asm, MapSpec map, short key, int helper)
    {
        asm.Move(R2, R7);
        asm.Alu(AluOp.Add, R2, key);
        asm.LoadMap(R1, map);
        asm.CallHelper(helper);
    }
}

/// <summary>What the maps of <see cref="SearchMemory"/> hold.</summary>
/// <param name="Cells">By number: the rule whose cell it is, and the program that works on it.</param>
/// <param name="Tables">The tables, and the names of their maps.</param>
public sealed record MemoryLayout(ImmutableArray<(RuleIdentity Rule, StepProgram Program)> Cells, ImmutableArray<(Table Table, string Map)> Tables)
{
    public static readonly MemoryLayout Empty = new([], []);
}
