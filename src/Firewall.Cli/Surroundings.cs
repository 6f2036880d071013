using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Firewall.Cli;

/// <summary>What a process is started with: its streams and its environment. Tests give their own.</summary>
public sealed class Surroundings
{
    /// <summary>STDOUT_FILENO.</summary>
    private const nint StandardOutput = 1;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public Surroundings(Stream input, Stream output, TextWriter error)
    {
        (Input, Output, Error) = (input, output, error);
        Text = new StreamWriter(output, Utf8, bufferSize: 1 << 14, leaveOpen: true) { NewLine = "\n" };
    }

    public Stream Input { get; }

    /// <summary>Standard output, for bytes; flush <see cref="Text"/> first.</summary>
    public Stream Output { get; }

    /// <summary>Standard output, for text: the answer, and nothing but the answer. Buffered.</summary>
    public TextWriter Text { get; }

    /// <summary>Standard error: the conversation.</summary>
    public TextWriter Error { get; }

    /// <summary>Looks up an environment variable; null when it is not set.</summary>
    public Func<string, string?> Variable { get; init; } = _ => null;

    public bool IsErrorTerminal { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public static Surroundings OfProcess() => new(
        OpenOr(new ClosedStream(), Console.OpenStandardInput),
        OpenOr(new ClosedStream(), OpenOutput),
        new StreamWriter(OpenOr(Stream.Null, Console.OpenStandardError), Utf8, bufferSize: 256) { AutoFlush = true, NewLine = "\n" })
    {
        Variable = Environment.GetEnvironmentVariable,
        IsErrorTerminal = !Console.IsErrorRedirected,
    };

    /// <summary>The console's stream says nothing when a pipe's reader has gone; a file's stream does, but keeps a position of its own.</summary>
    private static Stream OpenOutput()
    {
        var stream = new FileStream(new SafeFileHandle(StandardOutput, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return stream.CanSeek ? Console.OpenStandardOutput() : stream;
    }

    /// <summary>A stream that the process was started without is an error only when it is needed; messages can be done without.</summary>
    private static Stream OpenOr(Stream otherwise, Func<Stream> open)
    {
        try { return open(); }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException) { return otherwise; }
    }
}
