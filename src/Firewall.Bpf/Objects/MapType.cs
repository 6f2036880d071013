namespace Firewall.Bpf.Objects;

/// <summary>Kinds of kernel maps, by the kernel's numbers (include/uapi/linux/bpf.h, enum bpf_map_type).</summary>
public enum MapType
{
    Hash = 1,
    Array = 2,
    ProgramArray = 3,
    PerfEventArray = 4,
    PerCpuHash = 5,
    PerCpuArray = 6,
    LruHash = 9,
    LruPerCpuHash = 10,
    LpmTrie = 11,
    ArrayOfMaps = 12,
    HashOfMaps = 13,
    DeviceMap = 14,
    RingBuffer = 27,
}
