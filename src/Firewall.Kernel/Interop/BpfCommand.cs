namespace Firewall.Kernel.Interop;

/// <summary>First argument of bpf(2): <c>enum bpf_cmd</c> of include/uapi/linux/bpf.h.</summary>
internal enum BpfCommand
{
    MapCreate = 0,
    MapLookupElement = 1,
    MapUpdateElement = 2,
    MapDeleteElement = 3,
    MapGetNextKey = 4,
    ProgramLoad = 5,
    ObjectPin = 6,
    ObjectGet = 7,
    ProgramTestRun = 10,
    ProgramGetById = 13,
    MapGetById = 14,
    ObjectGetInfo = 15,
    BtfLoad = 18,
    BtfGetById = 19,
    MapFreeze = 22,
    BtfGetNextId = 23,
    MapLookupBatch = 24,
    MapUpdateBatch = 26,
    LinkCreate = 28,
    LinkUpdate = 29,
    LinkGetById = 30,
    LinkDetach = 34,
}
