using System.Buffers.Binary;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Network;
using Firewall.Kernel.Probe;

namespace Firewall.Cli.Attachment;

/// <summary>What a program must know of the kernel that runs it: its clocks, its limits of ICMP errors, whether it can be asked about connections.</summary>
internal static class KernelFacts
{
    private static readonly byte[] OnlyKey = new byte[4];

    /// <summary>What is needed to compile.</summary>
    public static CompileOptions With(CompileOptions options) => options with
    {
        Hertz = KernelClocks.MeasureHertz(),
        Jiffies = options.Sets is null ? 0 : KernelClocks.Jiffies(),
        KnowsConnections = options.KnowsConnections && KernelFeatures.Read().ConnectionLookup.IsAvailable,
    };

    /// <summary>What maps of the loaded program hold.</summary>
    public static void Fill(LoadedObject loaded, NetworkInterface subject, LocalAddresses addresses)
    {
        if (loaded.Maps.TryGetValue(SearchMemory.ClockMap, out var clock))
        {
            var offset = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(offset, KernelClocks.TaiOffset());
            clock.Update(OnlyKey, offset);
        }

        if (!loaded.Maps.TryGetValue(RejectMaps.Limits.Name, out var limits)) { return; }
        limits.Update(OnlyKey, LimitsOf(IcmpLimits.Read(subject.Name)).ToValue());
        loaded.Maps[RejectMaps.Exceptions.Name].UpdateAll([.. addresses.Routes.Select(Exception).OfType<(byte[], byte[])>()]);
    }

    /// <summary>Broadcasts are not answered; for anycast the kernel must choose the source.</summary>
    private static (byte[] Key, byte[] Value)? Exception(LocalAddress route) => route switch
    {
        { Kind: AddressKind.Broadcast } => RejectMaps.Exception(route.Prefix.BaseAddress, RejectFunctions.Silent),
        { Kind: AddressKind.Anycast } => RejectMaps.Exception(route.Prefix.BaseAddress, RejectFunctions.Unknown),
        _ => null,
    };

    private static RejectLimits LimitsOf(IcmpLimits limits) => new()
    {
        TimeToLive = (byte)limits.TimeToLive,
        HopLimit = (byte)limits.HopLimit,
        PerSecond = limits.PerSecond,
        Burst = limits.Burst,
        DelayIPv4 = limits.DelayIPv4,
        DelayIPv6 = limits.DelayIPv6,
        IsIPv4Limited = limits.LimitsIPv4,
        IsIPv6Limited = limits.LimitsIPv6,
    };
}
