namespace Firewall.Bpf.Vm;

/// <summary>What the machine takes from the world: clock, chance, its processor's number, its patience.</summary>
public sealed record VmOptions
{
    /// <summary>Source of <c>ktime_get_ns</c> and <c>jiffies64</c>, through its timestamp, and of <c>ktime_get_tai_ns</c>, through its UTC time.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Source of <c>jiffies64</c> where it is not to follow from the timestamp.</summary>
    public Func<ulong>? Jiffies { get; init; }

    /// <summary>CLOCK_TAI less CLOCK_REALTIME, in seconds.</summary>
    public int TaiOffset { get; init; }

    /// <summary>Source of <c>get_prandom_u32</c>; the default repeats itself from machine to machine.</summary>
    public Random Random { get; init; } = new(0);

    /// <summary>Gives the 32 bits of <c>get_prandom_u32</c> where they are not to come from <see cref="Random"/>.</summary>
    public Func<uint>? Draw { get; init; }

    /// <summary>The processor the machine is. Per-CPU maps hold this processor's values and no others.</summary>
    public int Cpu { get; init; }

    /// <summary>CONFIG_HZ of the kernel that is played.</summary>
    public int JiffiesPerSecond { get; init; } = 250;

    /// <summary>Instructions after which a run is taken to hang.</summary>
    public int InstructionBudget { get; init; } = 100_000_000;

    /// <summary>Answers <c>fib_lookup</c>; without it the helper is not simulated.</summary>
    public RouteLookup? Routes { get; init; }

    /// <summary>Answers <c>bpf_xdp_ct_lookup</c>; without it the function is not simulated.</summary>
    public ConnectionLookup? Connections { get; init; }
}

/// <summary>
/// Looks a route up as <c>bpf_fib_lookup</c> does (include/uapi/linux/bpf.h): changes <c>struct bpf_fib_lookup</c>, gives BPF_FIB_LKUP_RET_* or a negative
/// error number.
/// </summary>
public delegate long RouteLookup(Span<byte> parameters, uint flags);

/// <summary>Looks a connection up in the network namespace of the device; null when there is none.</summary>
/// <param name="tuple"><c>struct bpf_sock_tuple</c> (include/uapi/linux/bpf.h): 12 bytes for IPv4, 36 for IPv6.</param>
/// <param name="protocol">6 or 17.</param>
public delegate VmConnection? ConnectionLookup(ReadOnlySpan<byte> tuple, byte protocol);

/// <summary>A connection as far as programs can see it.</summary>
/// <param name="IsReply">Whether it was found by its reply tuple.</param>
/// <param name="Status">Its <c>IPS_*</c> bits (include/uapi/linux/netfilter/nf_conntrack_common.h).</param>
public readonly record struct VmConnection(bool IsReply, uint Status);
