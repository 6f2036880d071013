using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Firewall.Kernel.Interop;

// The arms of `union bpf_attr` (include/uapi/linux/bpf.h) that we use. The kernel accepts a shorter attribute than it knows,
// and a longer one as long as what it does not know is zero, so each arm ends where we stop using it. All pointers are u64.

/// <summary>A kernel object's name, at most 15 bytes and a NUL (BPF_OBJ_NAME_LEN).</summary>
[InlineArray(Size)]
internal struct ObjectName
{
    public const int Size = 16;

    private byte _first;
}

[StructLayout(LayoutKind.Sequential)]
internal struct MapCreateAttributes
{
    public uint Type;
    public uint KeySize;
    public uint ValueSize;
    public uint MaxEntries;
    public uint Flags;
    public int InnerMap;
    public uint NumaNode;
    public ObjectName Name;
    public uint Interface;
    public int Btf;
    public int BtfKeyType;
    public int BtfValueType;
}

[StructLayout(LayoutKind.Sequential)]
internal struct MapElementAttributes
{
    public int Map;
    private readonly uint _padding;
    public ulong Key;

    /// <summary>The value, or the next key for BPF_MAP_GET_NEXT_KEY.</summary>
    public ulong Value;
    public ulong Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct MapBatchAttributes
{
    public ulong InBatch;
    public ulong OutBatch;
    public ulong Keys;
    public ulong Values;
    public uint Count;
    public int Map;
    public ulong ElementFlags;
    public ulong Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct BtfLoadAttributes
{
    public ulong Btf;
    public ulong Log;
    public uint Size;
    public uint LogSize;
    public uint LogLevel;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ProgramLoadAttributes
{
    public uint Type;
    public uint InstructionCount;
    public ulong Instructions;
    public ulong License;
    public uint LogLevel;
    public uint LogSize;
    public ulong Log;
    public uint KernelVersion;
    public uint Flags;
    public ObjectName Name;
    public uint Interface;
    public uint ExpectedAttachType;
    public int Btf;
    public uint FunctionRecordSize;
    public ulong Functions;
    public uint FunctionCount;
    public uint LineRecordSize;
    public ulong Lines;
    public uint LineCount;
    public uint AttachBtfId;
    public uint AttachObject;
    public uint RelocationCount;

    /// <summary>Array of descriptors; a call of a module's function names its BTF by index.</summary>
    public ulong Descriptors;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ObjectPathAttributes
{
    public ulong Path;
    public int Descriptor;
    public uint FileFlags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct TestRunAttributes
{
    public int Program;
    public uint ReturnValue;
    public uint DataSizeIn;
    public uint DataSizeOut;
    public ulong DataIn;
    public ulong DataOut;
    public uint Repeat;
    public uint Duration;
    public uint ContextSizeIn;
    public uint ContextSizeOut;
    public ulong ContextIn;
    public ulong ContextOut;
}

[StructLayout(LayoutKind.Sequential)]
internal struct IdentityAttributes
{
    public uint Id;
    public uint NextId;
    public uint OpenFlags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ObjectInfoAttributes
{
    public int Descriptor;
    public uint Size;
    public ulong Info;
}

[StructLayout(LayoutKind.Sequential)]
internal struct LinkCreateAttributes
{
    public int Program;
    public int Target;
    public uint AttachType;
    public uint Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct LinkUpdateAttributes
{
    public int Link;
    public int NewProgram;
    public uint Flags;
    public int OldProgram;
}

/// <summary>BPF_LINK_DETACH.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinkDetachAttributes
{
    public int Link;
}

/// <summary>The head of <c>struct bpf_map_info</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MapInformation
{
    public uint Type;
    public uint Id;
    public uint KeySize;
    public uint ValueSize;
    public uint MaxEntries;
    public uint Flags;
    public ObjectName Name;
}

/// <summary>The head of <c>struct bpf_prog_info</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProgramInformation
{
    public uint Type;
    public uint Id;
    public ulong Tag;
    public uint JitedSize;
    public uint TranslatedSize;
    public ulong JitedInstructions;
    public ulong TranslatedInstructions;
    public ulong LoadTime;
    public uint CreatedBy;
    public uint MapCount;
    public ulong MapIds;
    public ObjectName Name;
}

/// <summary>The head of <c>struct bpf_link_info</c> with its XDP arm.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinkInformation
{
    public uint Type;
    public uint Id;
    public uint ProgramId;
    private readonly uint _padding;
    public uint Interface;
    private readonly uint _end;
}

/// <summary>BPF_LINK_CREATE for netfilter: the arm <c>link_create.netfilter</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NetfilterLinkCreateAttributes
{
    public int Program;
    public int Target;
    public uint AttachType;
    public uint Flags;
    public uint Family;
    public uint Hook;
    public int Priority;
    public uint NetfilterFlags;
}

/// <summary>The head of <c>struct bpf_link_info</c> with its netfilter arm.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NetfilterLinkInformation
{
    public uint Type;
    public uint Id;
    public uint ProgramId;
    private readonly uint _padding;
    public uint Family;
    public uint Hook;
    public int Priority;
    public uint Flags;
}

/// <summary><c>struct bpf_btf_info</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BtfInformation
{
    public ulong Btf;
    public uint BtfSize;
    public uint Id;
    public ulong Name;
    public uint NameLength;
    public uint IsKernel;
}

/// <summary><c>struct xdp_md</c>, as BPF_PROG_TEST_RUN takes it in <c>ctx_in</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct XdpContext
{
    public uint Data;
    public uint DataEnd;
    public uint DataMeta;
    public uint IngressInterface;
    public uint ReceiveQueue;
    public uint EgressInterface;
}
