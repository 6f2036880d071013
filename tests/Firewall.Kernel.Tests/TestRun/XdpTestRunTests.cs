using Firewall.Kernel.Errors;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Maps;
using Firewall.Kernel.Network;
using Firewall.Kernel.TestRun;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Kernel.Tests.Rig;

namespace Firewall.Kernel.Tests.TestRun;

public sealed class XdpTestRunTests
{
    private static readonly byte[] Frame = Frames.UdpTo(53);

    [SkippableTheory]
    [InlineData(XdpAction.Drop)]
    [InlineData(XdpAction.Pass)]
    public void A_run_gives_the_action_and_the_frame_back(XdpAction action)
    {
        KernelRequired.Privileges();
        using var loaded = LoadedObject.Load(Programs.Returning(action));
        var result = XdpTestRun.Run(loaded.Entry, Frame, wantFrame: true);
        Assert.Equal(action, result.Action);
        Assert.Equal(Frame, result.Frame.ToArray());
    }

    [SkippableFact]
    public void Per_cpu_counters_are_those_of_the_processor_that_ran()
    {
        KernelRequired.Privileges();
        using var loaded = LoadedObject.Load(Programs.Counting());
        var last = Processors.Possible[^1];
        using (ProcessorAffinity.To(last))
        {
            Assert.Equal(last, ProcessorAffinity.Current);
            XdpTestRun.Run(loaded.Entry, Frame, repeat: 25);
        }

        var hits = loaded.Maps["hits"].LookupPerProcessor(0)!.Value;
        Assert.Equal(25UL, BitConverter.ToUInt64(hits[last]));
        Assert.Equal(25UL, hits.Sum());
    }

    [SkippableFact]
    public void The_program_sees_the_interface_it_is_told()
    {
        KernelRequired.Tools("ip");
        using var loaded = LoadedObject.Load(Programs.ReturningInterface());
        Assert.Equal(1u, XdpTestRun.Run(loaded.Entry, Frame).ReturnValue);
        using var pair = new VethPair();
        var index = pair.Interface.Index;
        Assert.Equal((uint)index, pair.Here.Run(() => XdpTestRun.Run(loaded.Entry, Frame, ingressInterface: index)).ReturnValue);
    }

    [SkippableFact]
    public void An_interface_that_does_not_exist_is_refused()
    {
        KernelRequired.Privileges();
        using var space = NetworkNamespace.Create();
        using var loaded = LoadedObject.Load(Programs.ReturningInterface());
        Assert.Throws<MissingException>(() => space.Run(() => XdpTestRun.Run(loaded.Entry, Frame, ingressInterface: 4242)));
    }

    [SkippableTheory]
    [InlineData(XdpTestRun.ShortestFrame)]
    [InlineData(XdpTestRun.LongestWholeFrame)]
    [InlineData(9000)]
    public void Frames_from_a_bare_header_to_jumbo_size_run(int length)
    {
        KernelRequired.Privileges();
        using var loaded = LoadedObject.Load(Programs.Returning(XdpAction.Pass));
        Assert.Equal(XdpAction.Pass, XdpTestRun.Run(loaded.Entry, new byte[length]).Action);
    }

    [SkippableFact]
    public void Frames_shorter_than_an_ethernet_header_are_refused()
    {
        KernelRequired.Privileges();
        using var loaded = LoadedObject.Load(Programs.Returning(XdpAction.Pass));
        Assert.Throws<ArgumentException>(() => XdpTestRun.Run(loaded.Entry, new byte[XdpTestRun.ShortestFrame - 1]));
    }

    [SkippableFact]
    public void Many_repetitions_give_a_mean_time()
    {
        KernelRequired.Privileges();
        using var loaded = LoadedObject.Load(Programs.Counting());
        var mean = XdpTestRun.Run(loaded.Entry, Frame, repeat: 100_000).Nanoseconds;
        Assert.InRange(mean, 1u, 100_000u);
    }
}
