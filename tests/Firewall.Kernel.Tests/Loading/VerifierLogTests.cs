using Firewall.Kernel.Loading;

namespace Firewall.Kernel.Tests.Loading;

public sealed class VerifierLogTests
{
    [Theory]
    [InlineData("""
        0: R1=ctx() R10=fp0
        0: (61) r2 = *(u32 *)(r1 +0)          ; R1=ctx() R2_w=pkt(r=0)
        ; -A INPUT -p tcp @ rules.txt:3
        1: (71) r0 = *(u8 *)(r2 +0)
        invalid access to packet, off=0 size=1, R2(id=0,off=0,r=0)
        R2 offset is outside of the packet
        verification time 51 usec
        stack depth 0
        processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
        """, 1, "invalid access to packet, off=0 size=1, R2(id=0,off=0,r=0); R2 offset is outside of the packet")]
    [InlineData("back-edge from insn 7 to 2\nprocessed 0 insns (limit 1000000)", 7, "back-edge from insn 7 to 2")]
    [InlineData("0: (b7) r0 = 0\nBPF program is too large. Processed 1000001 insn\n", 0, "BPF program is too large. Processed 1000001 insn")]
    [InlineData("", null, "the verifier gave no reason")]
    public void The_reason_is_what_stands_between_the_last_instruction_and_the_statistics(string log, int? instruction, string reason) =>
        Assert.Equal(new VerifierLog(instruction, reason), VerifierLog.Read(log));

    [Fact]
    public void Statistics_are_read_from_the_last_lines() => Assert.Equal(
        new VerifierStatistics(1234, 1_000_000, 4, 50, 48, TimeSpan.FromMicroseconds(710), "16+8"),
        VerifierStatistics.Find("""
            verification time 710 usec
            stack depth 16+8
            processed 1234 insns (limit 1000000) max_states_per_insn 4 total_states 50 peak_states 48 mark_read 3

            """));
}
