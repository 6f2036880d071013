using System.Net;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Links;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Network;
using Firewall.Kernel.Pins;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;

namespace Firewall.Cli.Attachment;

/// <summary>
/// Compiles a rule set for one interface of the calling thread's network namespace, loads, attaches and pins it. All or nothing: whatever
/// fails, nothing is attached and nothing pinned afterwards.
/// </summary>
internal sealed class Attacher(PinRoot pins, TimeProvider clock)
{
    /// <summary>Does it, and leaves the firewall in force when it returns.</summary>
    /// <exception cref="CommandFailedException">Something stands in the way that the user can change.</exception>
    /// <exception cref="BudgetExceededException">The rules are too many.</exception>
    /// <exception cref="Kernel.Errors.KernelException">The kernel refused something; a <see cref="VerifierException"/> when its verifier did.</exception>
    public AttachOutcome Attach(AttachRequest request)
    {
        KernelRequirements.Demand();
        var rules = request.Rules;
        var subject = NetworkInterfaces.Get(request.Interface);
        InterfaceRequirements.Demand(subject, NetworkInterfaces.All());
        if (request.Options.OutInterface is { } leaving) { NetworkInterfaces.Get(leaving); }
        var space = NetworkNamespace.CurrentInode;
        DemandFree(subject, space);
        var forwarding = InterfaceForwarding.Read(subject.Name);
        var addresses = LocalAddresses.Read();
        var destinations = HostDestinations.Of(addresses, subject.Index, forwarding);
        if (rules.Hook == Hook.Forward) { InterfaceRequirements.DemandForwarding(subject, rules, forwarding, destinations); }
        var hadRemains = Remains.Clear(pins, space, subject);

        var decision = DeferredDecision.Make(request.Deferred, rules);
        var options = KernelFacts.With(request.Options) with
        {
            Interface = subject.Name,
            HostMac = [.. subject.Mac!.Value.ToBytes()],
            PassDhcp = !request.JudgesDhcp,
            Deferred = decision.Action,
            DestinationsIPv4 = Scope(rules.Hook, forwarding.Ipv4 || forwarding.Ipv4Multicast),
            DestinationsIPv6 = Scope(rules.Hook, forwarding.Ipv6 || forwarding.Ipv6Multicast),
        };
        var firewall = LinearGenerator.Generate(rules, options);
        using var loaded = LoadedObject.Load(firewall.Object);
        Fill(loaded, Family.IPv4, destinations.IPv4);
        Fill(loaded, Family.IPv6, destinations.IPv6);
        KernelFacts.Fill(loaded, subject, addresses);
        using var link = XdpLink.Attach(loaded.Entry, subject, request.Mode);
        var note = FirewallNote.Of(firewall, request, link.Mode ?? XdpMode.Generic, clock.GetUtcNow());
        PinnedFirewall.Pin(pins, space, subject.Name, link, loaded, note.ToJson());
        return new AttachOutcome(note, firewall, loaded.Entry.Id, link.NativeRefusal, decision, decision.Losses(rules, options, destinations), hadRemains);
    }

    private void DemandFree(NetworkInterface subject, ulong space)
    {
        if (!subject.Xdp.IsEmpty && PinnedFirewall.InterfaceServed(pins, space, subject.Name) == subject.Index)
        {
            throw new CommandFailedException(
                ExitCode.KernelRefused,
                $"cannot attach to {subject.Name}: fwc has attached a firewall to it already (program {subject.Xdp.Programs.First().Program})",
                $"fwc detach --interface {subject.Name} takes it off");
        }

        XdpLink.DemandNone(subject);
    }

    /// <summary>Where nothing is forwarded every packet is INPUT's: the stack drops those for others whatever we say.</summary>
    private static DestinationScope Scope(Hook hook, bool forwards) =>
        hook == Hook.Forward || forwards ? DestinationScope.HostAddresses : DestinationScope.Any;

    private static void Fill(LoadedObject loaded, Family family, IReadOnlyCollection<IPAddress> addresses)
    {
        if (loaded.Maps.TryGetValue(HostAddressMaps.For(family).Name, out var map)) { map.UpdateAll(HostAddressMaps.Entries(addresses)); }
    }
}
