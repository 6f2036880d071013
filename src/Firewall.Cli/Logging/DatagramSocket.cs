using System.Net.Sockets;

namespace Firewall.Cli.Logging;

/// <summary>A daemon's datagram socket in the file system, found again when the daemon was restarted.</summary>
internal sealed class DatagramSocket(string path) : IDisposable
{
    private Socket? _socket;

    /// <summary>Sends one datagram; waits while the daemon's queue is full.</summary>
    /// <exception cref="CommandFailedException">Nobody listens there.</exception>
    public void Send(ReadOnlySpan<byte> datagram)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                _socket ??= Connected();
                _socket.Send(datagram);
                return;
            }
            catch (SocketException) when (_socket is not null && attempt == 1)
            {
                Dispose();
            }
            catch (SocketException failure)
            {
                throw new CommandFailedException(ExitCode.KernelRefused, $"cannot write to {path}: {failure.Message}", "is the daemon running? --output terminal needs none", failure);
            }
        }
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _socket = null;
    }

    private Socket Connected()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
