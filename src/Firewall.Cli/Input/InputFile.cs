namespace Firewall.Cli.Input;

/// <summary>Opens and reads files, and says in words why one cannot be.</summary>
internal static class InputFile
{
    /// <summary>The name that stands for standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>No rule file is longer; reading an endless device ends here.</summary>
    private const int LongestFile = 1 << 29;

    /// <summary>The file as a stream.</summary>
    public static Stream Open(string name, Invocation invocation) => Explaining(name, () => name == StandardInput
        ? invocation.Surroundings.Input
        : new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0));

    /// <summary>The whole file.</summary>
    public static byte[] Read(string name, Invocation invocation)
    {
        using var stream = Open(name, invocation);
        return Explaining(name, () => ReadAll(stream, Subject(name), invocation.Cancellation));
    }

    private static string Subject(string name) => name == StandardInput ? "standard input" : name;

    /// <summary>Runs <paramref name="read"/>; what goes wrong is told in words.</summary>
    private static T Explaining<T>(string name, Func<T> read)
    {
        if (Directory.Exists(name)) { throw CommandFailedException.BadInput($"cannot read {name}: it is a directory"); }
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw CommandFailedException.BadInput($"cannot read {Subject(name)}: {Why(e)}", cause: e);
        }
    }

    /// <summary>What is wrong with a file, in words that follow "cannot read x:" or "cannot write x:".</summary>
    public static string Why(Exception refusal) => refusal switch
    {
        FileNotFoundException => "there is no such file",
        DirectoryNotFoundException => "there is no such directory",
        UnauthorizedAccessException => "permission denied",
        _ => refusal.Message.TrimEnd('.'),
    };

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
