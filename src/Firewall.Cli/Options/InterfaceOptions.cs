using System.CommandLine;
using Firewall.Cli.Input;

namespace Firewall.Cli.Options;

/// <summary>Which interfaces the packets of a capture come by: one for all, or a file that names them.</summary>
internal sealed class InterfaceOptions(HookOptions hook)
{
    public Option<string?> Meta { get; } = new("--meta") { HelpName = "FILE", Description = "Interfaces of each packet, as JSON lines {\"index\":0,\"in\":\"eth0\",\"out\":\"eth1\"}." };

    /// <summary>Tells the interfaces of a packet by its number.</summary>
    public Func<int, Interfaces> Load(Invocation invocation)
    {
        var (all, file) = (new Interfaces(invocation.Get(hook.Interface), invocation.Get(hook.OutInterface)), invocation.Get(Meta));
        if (file is null) { return _ => all; }
        if (all.In is not null) { throw CommandFailedException.BadInput("--interface and --meta both say where packets come in; give one of them"); }
        var list = InterfaceList.Read(file, invocation);
        return index => list[index] is var named && named.Out is null ? named with { Out = all.Out } : named;
    }
}
