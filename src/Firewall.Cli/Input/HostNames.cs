using System.Net;
using System.Net.Sockets;

namespace Firewall.Cli.Input;

/// <summary>Host names in rules, looked up as the system does.</summary>
internal static class HostNames
{
    /// <summary>The name's addresses; none when nobody knows it.</summary>
    public static IReadOnlyList<IPAddress> LookUp(string name)
    {
        try { return Dns.GetHostAddresses(name); }
        catch (SocketException) { return []; }
        catch (ArgumentException) { return []; }
    }
}
