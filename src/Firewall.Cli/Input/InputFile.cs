namespace Firewall.Cli.Input;

/// <summary>Reads whole files, and says in words why one cannot be read.</summary>
internal static class InputFile
{
    /// <summary>The name that stands for standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>No rule file or capture that fwc is for is longer; reading an endless device ends here.</summary>
    private const int LongestFile = 1 << 29;

    public static byte[] Read(string name, Invocation invocation) => Explaining(name, () =>
    {
        if (name != StandardInput)
        {
            using var file = new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            return ReadAll(file, name, invocation.Cancellation);
        }

        return ReadAll(invocation.Surroundings.Input, "standard input", invocation.Cancellation);
    });

    /// <summary>Runs <paramref name="read"/>; what goes wrong is told in words.</summary>
    private static T Explaining<T>(string name, Func<T> read)
    {
        var subject = name == StandardInput ? "standard input" : name;
        if (Directory.Exists(name)) { throw CommandFailedException.BadInput($"cannot read {subject}: it is a directory"); }
        try
        {
            return read();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw CommandFailedException.BadInput($"cannot read {subject}: there is no such file", cause: e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw CommandFailedException.BadInput($"cannot read {subject}: permission denied", cause: e);
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException or ObjectDisposedException)
        {
            throw CommandFailedException.BadInput($"cannot read {subject}: {e.Message.TrimEnd('.')}", cause: e);
        }
    }

    private static byte[] ReadAll(Stream stream, string subject, CancellationToken cancellation)
    {
        var bytes = new byte[stream.CanSeek ? (int)Math.Min(stream.Length + 1, LongestFile) : 1 << 16];
        var length = 0;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (length == bytes.Length)
            {
                if (length >= LongestFile) { throw CommandFailedException.BadInput($"cannot read {subject}: it is longer than {LongestFile >> 20} MiB"); }
                Array.Resize(ref bytes, Math.Min(length * 2, LongestFile));
            }

            var read = stream.Read(bytes, length, bytes.Length - length);
            if (read == 0) { return bytes[..length]; }
            length += read;
        }
    }
}
