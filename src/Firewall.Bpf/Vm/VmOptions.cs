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
}

/// <summary>
/// Looks a route up as <c>bpf_fib_lookup</c> does (include/uapi/linux/bpf.h): changes <c>struct bpf_fib_lookup</c>, gives BPF_FIB_LKUP_RET_* or a negative
/// error number.
/// </summary>
public delegate long RouteLookup(Span<byte> parameters, uint flags);
