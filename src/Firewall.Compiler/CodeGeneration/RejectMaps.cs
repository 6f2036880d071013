using System.Buffers.Binary;
using System.Net;
using Firewall.Bpf.Objects;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>The maps that answers to rejected packets need; the loader fills <see cref="Limits"/> and <see cref="Exceptions"/>.</summary>
public static class RejectMaps
{
    /// <summary>Destinations of ICMP errors that are remembered; of the kernel's own there are four times as many (inet_peer_threshold).</summary>
    private const int MostPeers = 16_384;

    private const int MostExceptions = 1024;

    /// <summary>See <see cref="RejectLimits"/>. All zero, as an object has it that a foreign loader loads: every packet is deferred.</summary>
    public static readonly MapSpec Limits = new("reject_limits", MapType.Array, KeySize: 4, ValueSize: RejectLimits.Size, MaxEntries: 1);

    /// <summary>u64 credit of ICMP errors, signed; u64 nanoseconds of the last refill.</summary>
    public static readonly MapSpec State = new("reject_state", MapType.Array, KeySize: 4, ValueSize: 16, MaxEntries: 1);

    /// <summary>By address that errors are sent to (<see cref="AddressKey"/>): u64 nanoseconds of credit, u64 nanoseconds of the last refill.</summary>
    public static readonly MapSpec Peers = new("reject_peers", MapType.LruHash, KeySize: 16, ValueSize: 16, MostPeers);

    /// <summary>
    /// Own addresses that are not answered for as others are: u32 <see cref="RejectFunctions.Silent"/> for broadcast addresses (RTN_BROADCAST), u32
    /// <see cref="RejectFunctions.Unknown"/> for IPv6 anycast addresses, by <see cref="AddressKey"/>.
    /// </summary>
    public static readonly MapSpec Exceptions = new("reject_except", MapType.Hash, KeySize: 16, ValueSize: 4, MostExceptions);

    /// <summary>The answer while it is made: see <see cref="RejectWork"/>.</summary>
    internal static readonly MapSpec Work = new("reject_work", MapType.PerCpuArray, KeySize: 4, ValueSize: RejectWork.Size, MaxEntries: 1);

    public static IEnumerable<MapSpec> All => [Limits, State, Peers, Exceptions, Work];

    /// <summary>An address as it keys <see cref="Peers"/> and <see cref="Exceptions"/>: IPv6, or IPv4 mapped to it (RFC 4291, section 2.5.5.2).</summary>
    public static byte[] AddressKey(IPAddress address) => address.MapToIPv6().GetAddressBytes();

    /// <summary>The entry of <see cref="Exceptions"/> for an address of this host.</summary>
    public static (byte[] Key, byte[] Value) Exception(IPAddress address, int outcome)
    {
        var value = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(value, outcome);
        return (AddressKey(address), value);
    }
}

/// <summary>The kernel's settings for what it sends of itself, as <see cref="RejectMaps.Limits"/> holds them.</summary>
/// <remarks>
/// Answers of the program and of the kernel draw on buckets of their own: together they can be twice as many. The kernel shortens
/// <see cref="DelayIPv6"/> where the route to the destination is wider than one address; the program does not see that, and sends less.
/// </remarks>
public sealed record RejectLimits
{
    internal const short TimeToLivePlace = 0, HopLimitPlace = 8, PerSecondPlace = 16, BurstPlace = 24, DelayIPv4Place = 32, DelayIPv6Place = 40, FlagsPlace = 48;
    internal const int Size = 56;
    internal const int LimitsIPv4 = 1, LimitsIPv6 = 2, TrustsSender = 4;

    /// <summary>net.ipv4.ip_default_ttl, in hops; never 0.</summary>
    public byte TimeToLive { get; init; } = 64;

    /// <summary>net.ipv6.conf.INTERFACE.hop_limit, in hops; never 0.</summary>
    public byte HopLimit { get; init; } = 64;

    /// <summary>net.ipv4.icmp_msgs_per_sec: ICMP errors of both families a second.</summary>
    public int PerSecond { get; init; } = 1000;

    /// <summary>net.ipv4.icmp_msgs_burst.</summary>
    public int Burst { get; init; } = 50;

    /// <summary>net.ipv4.icmp_ratelimit: time between two errors to one address, of which six may be saved up; zero for no limit.</summary>
    public TimeSpan DelayIPv4 { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>net.ipv6.icmp.ratelimit: the same for IPv6.</summary>
    public TimeSpan DelayIPv6 { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether net.ipv4.icmp_ratemask names destination unreachable (bit 3).</summary>
    public bool IsIPv4Limited { get; init; } = true;

    /// <summary>Whether net.ipv6.icmp.ratemask names destination unreachable (1).</summary>
    public bool IsIPv6Limited { get; init; } = true;

    /// <summary>
    /// Where the interface does not forward, the kernel tells XDP no routes (BPF_FIB_LKUP_RET_FWD_DISABLED). True lets answers to packets for this host go
    /// to the MAC address that the packet came from all the same; false defers such packets.
    /// </summary>
    public bool TrustsSenderWithoutRoutes { get; init; }

    /// <summary>The value of <see cref="RejectMaps.Limits"/>.</summary>
    public byte[] ToValue()
    {
        var value = new byte[Size];
        Write(TimeToLivePlace, TimeToLive);
        Write(HopLimitPlace, HopLimit);
        Write(PerSecondPlace, PerSecond);
        Write(BurstPlace, Burst);
        Write(DelayIPv4Place, DelayIPv4.Ticks * TimeSpan.NanosecondsPerTick);
        Write(DelayIPv6Place, DelayIPv6.Ticks * TimeSpan.NanosecondsPerTick);
        Write(FlagsPlace, (IsIPv4Limited ? LimitsIPv4 : 0) | (IsIPv6Limited ? LimitsIPv6 : 0) | (TrustsSenderWithoutRoutes ? TrustsSender : 0));
        return value;

        void Write(int place, long number) => BinaryPrimitives.WriteInt64LittleEndian(value.AsSpan(place), number);
    }
}

/// <summary>The layout of the per-CPU value in which an answer is made.</summary>
internal static class RejectWork
{
    /// <summary>The answer's headers, from Ethernet on: 74 bytes for a reset in IPv6, and to the next eight.</summary>
    public const short Head = 0;

    /// <summary>The rejected packet's first bytes behind the IP headers, zeros where there are none.</summary>
    public const short Transport = 80;
    public const int TransportSize = 20;

    /// <summary>Addresses of the rejected packet, 16 bytes each; IPv4 mapped to IPv6.</summary>
    public const short Source = 104;
    public const short Destination = 120;

    /// <summary>u64: what is summed up next, where that ends, and the sum, or all ones when that failed.</summary>
    public const short SumFrom = 136;
    public const short SumTo = 144;
    public const short Sum = 152;

    /// <summary>u64 each.</summary>
    public const short Pseudo = 160;
    public const short Quoted = 168;

    /// <summary>u64: type of service of an IPv4 packet.</summary>
    public const short TypeOfService = 176;

    /// <summary>The bytes summed up now, and zeros behind them.</summary>
    public const short Chunk = 184;
    public const int ChunkSize = 512;
    public const int Size = Chunk + ChunkSize + 8;
}
