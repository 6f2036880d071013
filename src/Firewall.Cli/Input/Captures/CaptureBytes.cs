namespace Firewall.Cli.Input.Captures;

/// <summary>The bytes of a capture, read in order, with the words for what can go wrong.</summary>
internal sealed class CaptureBytes(Stream stream, string name) : IDisposable
{
    /// <summary>No packet is longer (MAXIMUM_SNAPLEN in libpcap is 262,144); more is damage, and must not be allocated.</summary>
    public const int LongestRecord = 1 << 24;

    private readonly BufferedStream _stream = new(stream, 1 << 16);
    private long _position;

    /// <summary>Reads exactly so many bytes; null at the end of the file.</summary>
    /// <param name="what">What the file "ends within" when only some of them are there.</param>
    public byte[]? Read(int count, string what)
    {
        var bytes = new byte[count];
        int read;
        try { read = _stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException) { throw Failure(e.Message.TrimEnd('.')); }
        _position += read;
        return read == count ? bytes
            : read == 0 && count > 0 ? null
            : throw Truncated(what);
    }

    /// <summary>Reads bytes that must be there.</summary>
    public byte[] Expect(long count, string what)
    {
        if (count is < 0 or > LongestRecord) { throw Failure($"it is damaged at byte {_position}: {what} is said to have {count} bytes"); }
        return count == 0 ? [] : Read((int)count, what) ?? throw Truncated(what);
    }

    public CommandFailedException Failure(string why) => CommandFailedException.BadInput($"cannot read {name}: {why}");

    public void Dispose() => _stream.Dispose();

    private CommandFailedException Truncated(string what) => Failure($"it is cut off at byte {_position}, in the middle of {what}");
}
