using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary>Between which marks CONNMARK copies.</summary>
public enum ConnmarkMode
{
    /// <summary>The connection's mark is changed.</summary>
    Set,

    /// <summary>The packet's mark goes to the connection.</summary>
    Save,

    /// <summary>The connection's mark goes to the packet.</summary>
    Restore,
}

/// <summary><c>-j CONNMARK</c>: changes the mark of the packet's connection, or copies it (net/netfilter/xt_connmark.c, <c>connmark_tg</c>).</summary>
/// <param name="Mode">What is copied.</param>
/// <param name="ConnectionMark">For <see cref="ConnmarkMode.Set"/> number and mask as MARK has them; otherwise the mask alone.</param>
/// <param name="PacketMask">Which bits of the packet's mark take part.</param>
/// <param name="Shift">Bits that the copied mark moves to the left, or, negative, to the right.</param>
public sealed record ConnmarkTarget(ConnmarkMode Mode, MaskedNumber ConnectionMark, uint PacketMask, int Shift) : ModuleTarget
{
    /// <summary>The kernel takes no shift by all bits of a mark.</summary>
    private const int LongestShift = 31;

    private static readonly Flag SaveMark = Option.Flag("--save-mark");
    private static readonly Flag RestoreMark = Option.Flag("--restore-mark");
    private static readonly Option<uint> LeftShift = Option.Value("--left-shift-mark", Values.Number(LongestShift));
    private static readonly Option<uint> RightShift = Option.Value("--right-shift-mark", Values.Number(LongestShift));
    private static readonly Option<uint> ConnectionMaskOption = Option.Value("--ctmask", Values.Number(uint.MaxValue));
    private static readonly Option<uint> PacketMaskOption = Option.Value("--nfmask", Values.Number(uint.MaxValue));
    private static readonly Option<uint> Mask = Option.Value("--mask", Values.Number(uint.MaxValue));

    public static readonly TargetModule Module = new("CONNMARK")
    {
        Summary = "Changes the netfilter mark of the packet's connection, or copies it from or to the packet.",
        Options = [.. MarkOptions.All, SaveMark, RestoreMark, LeftShift, RightShift, ConnectionMaskOption, PacketMaskOption, Mask],
        Create = Read,
        Examples =
        [
            Accepts("-j CONNMARK --set-xmark 0x1ff/0xff"),
            Accepts("-j CONNMARK --set-mark 1", prints: "-j CONNMARK --set-xmark 0x1/0xffffffff"),
            Accepts("-j CONNMARK --set-mark 0x1ff/0xff", prints: "-j CONNMARK --set-xmark 0x1ff/0x1ff"),
            Accepts("-j CONNMARK --and-mark 0xf0", prints: "-j CONNMARK --set-xmark 0x0/0xffffff0f"),
            Accepts("-j CONNMARK --set-mark 1 --mask 0xf", prints: "-j CONNMARK --set-xmark 0x1/0xf"),
            Accepts("-j CONNMARK --mask 0xf --set-mark 1", prints: "-j CONNMARK --set-xmark 0x1/0xffffffff"),
            Accepts("-j CONNMARK --set-mark 1 --nfmask 0xf --ctmask 3", prints: "-j CONNMARK --set-xmark 0x1/0x3"),
            Accepts("-j CONNMARK --save-mark", prints: "-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff"),
            Accepts("-j CONNMARK --mask 15 --save-mark", prints: "-j CONNMARK --save-mark --nfmask 0xf --ctmask 0xf"),
            Accepts("-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xf0").In(Family.IPv6),
            Accepts("-j CONNMARK --restore-mark --ctmask 0xff", prints: "-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xff"),
            Accepts("-j CONNMARK --or-mark 1 --right-shift-mark 3", prints: "-j CONNMARK --set-xmark 0x1/0x1 --right-shift-mark 3"),
            Accepts("-j CONNMARK --restore-mark --right-shift-mark 3 --left-shift-mark 2",
                prints: "-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff --left-shift-mark 2"),
            Accepts("-j CONNMARK --save-mark --left-shift-mark 0", prints: "-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff"),
            Rejects("-j CONNMARK"),
            Rejects("-j CONNMARK --mask 0xf"),
            Rejects("-j CONNMARK --save-mark --restore-mark"),
            Rejects("-j CONNMARK --save-mark --mask 0xf --nfmask 0xff"),
            Rejects("-j CONNMARK --restore-mark --right-shift-mark 32"),
            Rejects("-j CONNMARK --restore-mark --mask 1/2"),
            Does("-j CONNMARK --restore-mark", new LeaveToKernel(DeferReason.Connection)),
            Does("-j CONNMARK --set-mark 1", new LeaveToKernel(DeferReason.Connection)).In(Family.IPv6),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Connection);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        if (Mode == ConnmarkMode.Set) { MarkOptions.Print(writer, ConnectionMark); }
        else
        {
            writer.Write(Mode == ConnmarkMode.Save ? SaveMark : RestoreMark);
            writer.Write(PacketMaskOption, $"0x{PacketMask:x}");
            writer.Write(ConnectionMaskOption, $"0x{ConnectionMark.Mask:x}");
        }

        if (Shift > 0) { writer.Write(LeftShift, $"{Shift}"); }
        if (Shift < 0) { writer.Write(RightShift, $"{-Shift}"); }
    }

    /// <summary>In the order of the line: a mask overrides the one that an earlier option implied, and the last shift counts.</summary>
    private static ConnmarkTarget? Read(GivenOptions given)
    {
        if (given.TheOne([.. MarkOptions.All, SaveMark, RestoreMark]) is not { } operation) { return null; }
        if (given.Has(Mask) && given.AtMostOne([given.Has(PacketMaskOption) ? PacketMaskOption : ConnectionMaskOption, Mask], out var isAlone) is not null && !isAlone) { return null; }
        var mark = new MaskedNumber(0, uint.MaxValue);
        var packetMask = uint.MaxValue;
        var shift = 0;
        foreach (var option in given.Uses.Select(u => u.Option))
        {
            if (MarkOptions.Read(given, option) is { } set) { mark = set; }
            else if (ReferenceEquals(option, Mask)) { (packetMask, mark) = (given.Get(Mask, 0u).Value, mark with { Mask = given.Get(Mask, 0u).Value }); }
            else if (ReferenceEquals(option, PacketMaskOption)) { packetMask = given.Get(PacketMaskOption, 0u).Value; }
            else if (ReferenceEquals(option, ConnectionMaskOption)) { mark = mark with { Mask = given.Get(ConnectionMaskOption, 0u).Value }; }
            else if (ReferenceEquals(option, LeftShift)) { shift = (int)given.Get(LeftShift, 0u).Value; }
            else if (ReferenceEquals(option, RightShift)) { shift = -(int)given.Get(RightShift, 0u).Value; }
        }

        if (given.Errors.Count > 0) { return null; }
        if (ReferenceEquals(operation, SaveMark)) { return new(ConnmarkMode.Save, mark, packetMask, shift); }
        return ReferenceEquals(operation, RestoreMark) ? new(ConnmarkMode.Restore, mark, packetMask, shift) : new(ConnmarkMode.Set, mark, uint.MaxValue, shift);
    }
}
