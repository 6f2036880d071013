namespace Firewall.Bpf.Isa;

/// <summary>Numbers of the kernel's helper functions (include/uapi/linux/bpf.h, ___BPF_FUNC_MAPPER).</summary>
public static class HelperFunction
{
    public const int MapLookupElement = 1;
    public const int MapUpdateElement = 2;
    public const int MapDeleteElement = 3;
    public const int KtimeGetNanoseconds = 5;
    public const int TracePrintk = 6;
    public const int GetPrandomU32 = 7;
    public const int GetSmpProcessorId = 8;
    public const int TailCall = 12;
    public const int PerfEventOutput = 25;
    public const int CsumDiff = 28;
    public const int XdpAdjustHead = 44;
    public const int XdpAdjustTail = 65;
    public const int FibLookup = 69;
    public const int SpinLock = 93;
    public const int SpinUnlock = 94;
    public const int Jiffies64 = 118;
    public const int ProbeReadKernel = 113;
    public const int KtimeGetBootNanoseconds = 125;
    public const int RingbufOutput = 130;
    public const int RingbufReserve = 131;
    public const int RingbufSubmit = 132;
    public const int RingbufDiscard = 133;
    public const int KtimeGetCoarseNanoseconds = 160;
    public const int ForEachMapElement = 164;
    public const int Loop = 181;
    public const int DynptrRead = 201;
    public const int XdpGetBufferLength = 188;
    public const int XdpLoadBytes = 189;
    public const int XdpStoreBytes = 190;
    public const int KtimeGetTaiNanoseconds = 208;

    /// <summary>The helper's name as the kernel spells it, <c>bpf_</c> prefix included.</summary>
    public static string NameOf(int number) => number switch
    {
        MapLookupElement => "bpf_map_lookup_elem",
        MapUpdateElement => "bpf_map_update_elem",
        MapDeleteElement => "bpf_map_delete_elem",
        KtimeGetNanoseconds => "bpf_ktime_get_ns",
        TracePrintk => "bpf_trace_printk",
        GetPrandomU32 => "bpf_get_prandom_u32",
        GetSmpProcessorId => "bpf_get_smp_processor_id",
        TailCall => "bpf_tail_call",
        PerfEventOutput => "bpf_perf_event_output",
        CsumDiff => "bpf_csum_diff",
        XdpAdjustHead => "bpf_xdp_adjust_head",
        XdpAdjustTail => "bpf_xdp_adjust_tail",
        FibLookup => "bpf_fib_lookup",
        SpinLock => "bpf_spin_lock",
        SpinUnlock => "bpf_spin_unlock",
        Jiffies64 => "bpf_jiffies64",
        ProbeReadKernel => "bpf_probe_read_kernel",
        KtimeGetBootNanoseconds => "bpf_ktime_get_boot_ns",
        RingbufOutput => "bpf_ringbuf_output",
        RingbufReserve => "bpf_ringbuf_reserve",
        RingbufSubmit => "bpf_ringbuf_submit",
        RingbufDiscard => "bpf_ringbuf_discard",
        KtimeGetCoarseNanoseconds => "bpf_ktime_get_coarse_ns",
        ForEachMapElement => "bpf_for_each_map_elem",
        Loop => "bpf_loop",
        DynptrRead => "bpf_dynptr_read",
        XdpGetBufferLength => "bpf_xdp_get_buff_len",
        XdpLoadBytes => "bpf_xdp_load_bytes",
        XdpStoreBytes => "bpf_xdp_store_bytes",
        KtimeGetTaiNanoseconds => "bpf_ktime_get_tai_ns",
        _ => "bpf_helper",
    };
}
