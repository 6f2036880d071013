using Firewall.Bpf.Objects;
using Firewall.Bpf.Vm;
using Firewall.Testing;

namespace Firewall.Bpf.Tests.Objects;

/// <summary>The referees: the kernel, and the tools people load objects with.</summary>
public sealed class ElfKernelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fwc-bpf-").FullName;
    private bool _mounted;

    public void Dispose()
    {
        if (_mounted)
        {
            Shell.Run("umount", Pins);
        }

        Directory.Delete(_folder, recursive: true);
    }

    private string Pins => Path.Combine(_folder, "pins");

    [SkippableFact]
    public void Bpftool_loads_maps_global_functions_and_callbacks_and_the_dump_shows_the_users_lines()
    {
        Mount();
        Shell.Run("bpftool", "prog", "load", Write(Samples.Full()), Path.Combine(Pins, "full"));
        var dump = Shell.Run("bpftool", "prog", "dump", "xlated", "pinned", Path.Combine(Pins, "full"), "linum");
        Assert.Contains("; -A INPUT -j ACCEPT [file:rules.txt line_num:3 line_col:5]", dump, StringComparison.Ordinal);
        Assert.Contains("; -A INPUT -j DROP [file:rules.txt line_num:4 line_col:1]", dump, StringComparison.Ordinal);
        Assert.Contains("int classify(struct xdp_md * ctx, unsigned long long a)", dump, StringComparison.Ordinal);
        Assert.Contains("long round(unsigned long long index, void * ctx)", dump, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_kernel_computes_what_the_machine_computes()
    {
        Mount();
        Shell.Run("bpftool", "prog", "load", Write(Samples.Full()), Path.Combine(Pins, "full"));
        Assert.Contains("Return value: 19", RunPinned("full"), StringComparison.Ordinal);
        Assert.Equal(19, new VirtualMachine(Samples.Full()).Run("entry", new byte[64], default).ReturnValue);
    }

    [SkippableFact]
    public void Bpftool_loads_maps_with_locks_and_the_kernel_computes_what_the_machine_computes()
    {
        Mount();
        Shell.Run("bpftool", "prog", "load", Write(Samples.Locking()), Path.Combine(Pins, "locks"));
        Assert.Contains("Return value: 3", RunPinned("locks"), StringComparison.Ordinal);
        Assert.Equal(3, new VirtualMachine(Samples.Locking()).Run("entry", new byte[64], default).ReturnValue);
    }

    [SkippableFact]
    public void Bpftool_loads_two_programs_and_fills_the_program_array()
    {
        Mount();
        var programs = Directory.CreateDirectory(Path.Combine(Pins, "programs")).FullName;
        var maps = Directory.CreateDirectory(Path.Combine(Pins, "maps")).FullName;
        Shell.Run("bpftool", "prog", "loadall", Write(Samples.TailCalling()), programs, "pinmaps", maps);
        Assert.Contains("Return value: 1", RunPinned("programs/first"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Bpftool_finds_kernel_functions_and_fields_by_name()
    {
        Mount();
        Shell.Run("bpftool", "prog", "load", Write(Samples.AskingTheKernel()), Path.Combine(Pins, "asking"));
        var dump = Shell.Run("bpftool", "prog", "dump", "xlated", "pinned", Path.Combine(Pins, "asking"));
        Assert.Contains("call bpf_xdp_ct_lookup#", dump, StringComparison.Ordinal);
        Assert.Contains("call bpf_ct_release#", dump, StringComparison.Ordinal);
        Assert.DoesNotContain("r7 = 0\n", dump, StringComparison.Ordinal);
        Assert.Contains("Return value: 2", RunPinned("asking"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Ip_link_attaches_the_object()
    {
        KernelRequired.Programs("ip");
        var space = $"fwc-bpf-{Environment.ProcessId}";
        Shell.Run("ip", "netns", "add", space);
        try
        {
            Shell.Run("ip", "-n", space, "link", "add", "v0", "type", "veth", "peer", "name", "v1");
            Shell.Run("ip", "-n", space, "link", "set", "dev", "v0", "xdp", "obj", Write(Samples.Full()), "sec", "xdp");
            Assert.Contains("prog/xdp", Shell.Run("ip", "-n", space, "link", "show", "dev", "v0"), StringComparison.Ordinal);
        }
        finally
        {
            Shell.Run("ip", "netns", "delete", space);
        }
    }

    private string RunPinned(string program)
    {
        var frame = Path.Combine(_folder, "frame");
        File.WriteAllBytes(frame, new byte[64]);
        return Shell.Run("bpftool", "prog", "run", "pinned", Path.Combine(Pins, program), "data_in", frame);
    }

    private string Write(BpfObject source)
    {
        var path = Path.Combine(_folder, source.Name + ".o");
        File.WriteAllBytes(path, ElfWriter.Write(source));
        return path;
    }

    private void Mount()
    {
        KernelRequired.Programs("bpftool", "mount", "umount");
        Directory.CreateDirectory(Pins);
        Shell.Run("mount", "-t", "bpf", "bpf", Pins);
        _mounted = true;
    }
}
