namespace Firewall.Cli;

/// <summary>Stands for a standard stream that the process was started without.</summary>
internal sealed class ClosedStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw Closed();

    public override long Position
    {
        get => throw Closed();
        set => throw Closed();
    }

    public override void Flush()
    {
        // Nothing has been written.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw Closed();

    public override long Seek(long offset, SeekOrigin origin) => throw Closed();

    public override void SetLength(long value) => throw Closed();

    public override void Write(byte[] buffer, int offset, int count) => throw Closed();

    private static IOException Closed() => new("it is closed");
}
