using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Agreement.Tests.Memory;

/// <summary>Programs of every shape that modules with memory have.</summary>
internal static class SamplePrograms
{
    private static readonly Local A = new(0);
    private static readonly Local B = new(1);
    private static readonly Local C = new(2);
    private static readonly Local D = new(3);
    private static readonly Local E = new(4);
    private static readonly Local Answer = new(5);

    /// <summary>A token bucket: matches while there is credit, which grows with the jiffies.</summary>
    public static StepProgram Limit(int burst, int perSecond) => new($"limit_{burst}", Locals: 6,
    [
        new Find(A.Index, new Cell(3), []),
        Set(B, new Now(ClockKind.Jiffies)),
        new Atomically(
        [
            new Fetch(C.Index, 0),
            new Fetch(D.Index, 1),
            new Fetch(E.Index, 2),
            IfElse(E.Is(0), [Set(C, new JiffiesPerSecond() * burst)], [Set(C, C + ((B - D) * perSecond))]),
            If(C.Above(new JiffiesPerSecond() * burst), Set(C, new JiffiesPerSecond() * burst)),
            If(C.AtLeast(new JiffiesPerSecond()), Set(C, C - new JiffiesPerSecond()), Set(Answer, 1)),
            new Store(0, C),
            new Store(1, B),
            new Store(2, 1),
        ]),
        If(Answer.Is(1), Found),
    ]);

    /// <summary>Every n-th packet.</summary>
    public static StepProgram Nth(int every) => new("nth", Locals: 6,
    [
        new Find(A.Index, new Cell(1), []),
        new Atomically(
        [
            new Fetch(B.Index, 0),
            Set(B, (B + 1) % every),
            new Store(0, B),
        ]),
        If(B.Is(0), Found),
    ]);

    /// <summary>Two numbers of one expression, and one of another.</summary>
    public static readonly StepProgram Chance = new("chance", Locals: 2,
    [
        If(((new RandomBits() & 0xFF) + ((new RandomBits() & 0xFF) << 8)).Below(new RandomBits() & 0xFFFF), Found),
    ]);

    /// <summary>Matches until so many bytes have passed.</summary>
    public static StepProgram Quota(int bytes) => new("quota", Locals: 6,
    [
        new Find(A.Index, new Cell(2), []),
        new Atomically(
        [
            new Fetch(B.Index, 0),
            Set(C, B + new Ask(Field.TotalLength)),
            IfElse(C.Above(bytes), [new Store(0, bytes)], [new Store(0, C), Set(Answer, 1)]),
        ]),
        If(Answer.Is(1), Found),
    ]);

    /// <summary>A list of source addresses with their last times: words of an entry are when it was last seen, how many times it has, and eight times. Matches from the third time on.</summary>
    public static StepProgram Recent(string name, Expression time, int capacity) => new("recent", Locals: 6,
    [
        new Read(A.Index, new OffsetOf(HeaderBase.Network) + 12, 4, SearchResult.NoMatch),
        new Find(B.Index, new Table(name, KeyWords: 2, Words: 11, capacity) { OldestBy = 0 }, [A, 7]),
        Set(E, time),
        If(B.Is(0), new Create(B.Index), If(B.Is(0), Hotdrop)),
        new Fetch(C.Index, 1),
        new Store(0, E),
        new Store((C & 7) + 2, E),
        new Store(1, C + 1),
        Set(D, 0),
        new Repeat(9,
        [
            If(D.Is(8), Leave),
            new Fetch(B.Index, D + 2),
            If(B.IsNot(0), Set(Answer, Answer + 1)),
            Set(D, D + 1),
        ]),
        If(Answer.AtLeast(3), Found),
    ]);

    /// <summary>Entries that live so many jiffies after they were last seen; a full table drops.</summary>
    public static StepProgram Expiring(int jiffies, int capacity) => new("expiring", Locals: 6,
    [
        new Read(A.Index, new OffsetOf(HeaderBase.Network) + 12, 4, SearchResult.NoMatch),
        new Find(B.Index, new Table("expiring", KeyWords: 1, Words: 2, capacity) { ExpiresBy = 1 }, [A]),
        IfElse(B.Is(0), [new Create(C.Index), If(C.Is(0), Hotdrop)], []),
        Set(D, new Now(ClockKind.Jiffies)),
        new Atomically([new Fetch(E.Index, 0), Set(E, E + 1), new Store(0, E), new Store(1, D + jiffies)]),
        If((E & 1).Is(0), Found),
    ]);

    /// <summary>An entry is made at the first packet and removed at the second.</summary>
    public static StepProgram Forgetful(int capacity) => new("forgetful", Locals: 6,
    [
        new Read(A.Index, new OffsetOf(HeaderBase.Network) + 12, 4, SearchResult.NoMatch),
        new Find(B.Index, new Table("forgetful", KeyWords: 1, Words: 1, capacity), [A]),
        IfElse(B.Is(1), [new Forget(), Found], [new Create(C.Index), If(C.Is(0), Hotdrop)]),
    ]);

    /// <summary>Looks entries up in a loop: the addresses before the packet's.</summary>
    public static StepProgram Searching(int capacity) => new("searching", Locals: 6,
    [
        new Read(A.Index, new OffsetOf(HeaderBase.Network) + 12, 4, SearchResult.NoMatch),
        new Repeat(5,
        [
            new Find(B.Index, Searched(capacity), [A - C]),
            If(B.Is(1), new Fetch(D.Index, 0), Set(E, E + D)),
            Set(C, C + 1),
            If(C.Is(4), Leave),
        ]),
        new Find(B.Index, Searched(capacity), [A]),
        If(B.Is(0), new Create(B.Index)),
        If(B.Is(1), new Fetch(C.Index, 0), new Store(0, C + 1)),
        If((E % 3).Is(1), Found),
    ]);

    private static Table Searched(int capacity) => new("searched", KeyWords: 1, Words: 1, capacity) { OldestBy = 0 };

    /// <summary>All operators over what the packet says, and more of them at once than there are registers.</summary>
    public static readonly ImmutableArray<StepProgram> Arithmetic =
    [
        Computes("zero_divisor", (A / (A - A)) + (A % (B - B)) + (A / 0) + (A % 0)),
        Computes("divisions", (A / B) + (A % B) + (A / 7) + (B % 10) + (B / (A + 1))),
        Computes("shifts", (A << B) + (A >> 3) + (new Constant(ulong.MaxValue) >> (A & 63)) + (B << 65)),
        Computes("deep", A + (B ^ (A - (B | (A * (B + (A ^ (B - (A + (B * A)))))))))),
        Computes("fields", (new Ask(Field.TotalLength) * 3) + new Ask(Field.Protocol) + new Ask(Field.SourceAddress(Family.IPv4))),
        Computes("clock", new Now(ClockKind.RealSeconds) + (new Now(ClockKind.Monotonic) * 3) + new Now(ClockKind.Jiffies) + new JiffiesPerSecond()),
        Computes("tickets", new Ticket() + (new Ticket() * 5)),
    ];

    /// <summary>Matches by one bit of the value's digits.</summary>
    private static StepProgram Computes(string name, Expression value) => new(name, Locals: 3,
    [
        new Read(A.Index, new OffsetOf(HeaderBase.Network) + 12, 4, SearchResult.NoMatch),
        new Read(B.Index, new OffsetOf(HeaderBase.Network) + 2, 2, SearchResult.NoMatch),
        Set(C, value),
        Set(C, C ^ (C >> 32)),
        Set(C, C ^ (C >> 16)),
        Set(C, C ^ (C >> 8)),
        Set(C, C ^ (C >> 4)),
        Set(C, C ^ (C >> 2)),
        If(((C ^ (C >> 1)) & 1).Is(1), Found),
    ]);
}
