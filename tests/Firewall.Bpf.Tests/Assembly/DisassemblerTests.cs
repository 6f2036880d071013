using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using static Firewall.Bpf.Isa.Instruction;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests.Assembly;

public sealed class DisassemblerTests
{
    public static TheoryData<Instruction, string> Table => new()
    {
        { Load(Width.Word, R1, R6, 0), "r1 = *(u32 *)(r6 +0)" },
        { LoadSigned(Width.Half, R1, R6, -2), "r1 = *(s16 *)(r6 -2)" },
        { Store(Width.Double, R10, -8, R2), "*(u64 *)(r10 -8) = r2" },
        { StoreImmediate(Width.Byte, R10, -1, 7), "*(u8 *)(r10 -1) = 7" },
        { Atomic(AtomicOp.Add, Width.Double, R1, 0, R2), "lock *(u64 *)(r1 +0) += r2" },
        { Atomic(AtomicOp.FetchOr, Width.Word, R1, 4, R2), "r2 = atomic_fetch_or((u32 *)(r1 +4), r2)" },
        { Atomic(AtomicOp.Exchange, Width.Double, R1, 0, R2), "r2 = atomic64_xchg((u64 *)(r1 +0), r2)" },
        { Atomic(AtomicOp.CompareExchange, Width.Double, R1, 0, R2), "r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)" },
        { Alu64(AluOp.Move, R1, R2), "r1 = r2" },
        { Alu64(AluOp.Add, R1, -4), "r1 += -4" },
        { Alu32(AluOp.And, R1, 255), "w1 &= 255" },
        { Alu64(AluOp.ShiftRightArithmetic, R1, 3), "r1 s>>= 3" },
        { Alu64(AluOp.SignedDivide, R1, R2), "r1 s/= r2" },
        { Alu64(AluOp.Negate, R1, 0), "r1 = -r1" },
        { MoveSignExtended64(R1, R2, 8), "r1 = (s8)r2" },
        { ToBigEndian(R1, 16), "r1 = be16 r1" },
        { ByteSwap(R1, 32), "r1 = bswap32 r1" },
        { JumpIf(Condition.Equal, R1, 5, 3), "if r1 == 0x5 goto pc+3" },
        { JumpIf(Condition.Equal, R1, -1, 3), "if r1 == 0xffffffff goto pc+3" },
        { JumpIf32(Condition.SignedLess, R1, R2, -3), "if w1 s< w2 goto pc-3" },
        { JumpIf(Condition.AnyBit, R1, 4, 1), "if r1 & 0x4 goto pc+1" },
        { Goto(2), "goto pc+2" },
        { GotoLong(70_000), "gotol pc+70000" },
        { CallHelper(HelperFunction.MapLookupElement), "call bpf_map_lookup_elem#1" },
        { CallLocal(-7), "call pc-7" },
        { Exit(), "exit" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void An_instruction_prints_as_the_verifier_prints_it(Instruction instruction, string text) =>
        Assert.Equal(text, Disassembler.Text(instruction));

    [Fact]
    public void A_wide_load_prints_both_halves()
    {
        var (low, high) = LoadConstant(R3, 0x1_0000_0002);
        Assert.Equal("r3 = 0x100000002", Disassembler.Text(low, high));
    }

    [Fact]
    public void A_listing_has_headers_names_and_the_users_lines()
    {
        var listing = Disassembler.Lines(Samples.Full()).ToList();
        Assert.Equal("int entry(struct xdp_md *ctx):", listing[0]);
        Assert.Equal("; -A INPUT -j ACCEPT @ rules.txt:3", listing[1]);
        Assert.Equal("   0: r2 = 2", listing[2]);
        Assert.Equal("   1: call classify", listing[3]);
        Assert.Contains("   3: r1 = map[counters]", listing);
        Assert.Contains("  14: r2 = subprog[round]", listing);
        Assert.Contains("  22: r2 = map[table][0]+4", listing);
        Assert.Contains("int classify(struct xdp_md *ctx, u64 a):", listing);
        Assert.Contains("static long round(u64 index, void *ctx):", listing);
    }
}
