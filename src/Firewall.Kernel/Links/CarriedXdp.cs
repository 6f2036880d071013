namespace Firewall.Kernel.Links;

/// <summary>How the kernel runs an XDP program: XDP_ATTACHED_* of include/uapi/linux/if_link.h.</summary>
public enum XdpMode
{
    /// <summary>In the driver, before a socket buffer exists: fast.</summary>
    Native = 1,

    /// <summary>In the stack, for any device: slower, same verdicts.</summary>
    Generic = 2,

    /// <summary>On the card itself.</summary>
    Hardware = 3,
}

/// <summary>The XDP programs an interface carries already, by id (IFLA_XDP). A device may have one for each mode.</summary>
public sealed record CarriedXdp(uint? Native, uint? Generic, uint? Hardware)
{
    public static readonly CarriedXdp None = new(null, null, null);

    public bool IsEmpty => this == None;

    /// <summary>Each program with its mode.</summary>
    public IEnumerable<(XdpMode Mode, uint Program)> Programs
    {
        get
        {
            if (Native is { } native)
            {
                yield return (XdpMode.Native, native);
            }

            if (Generic is { } generic)
            {
                yield return (XdpMode.Generic, generic);
            }

            if (Hardware is { } hardware)
            {
                yield return (XdpMode.Hardware, hardware);
            }
        }
    }
}
