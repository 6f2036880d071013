namespace Firewall.Cli.Input;

/// <summary>Writes a file so that it is there whole or not at all: beside its place first, then renamed.</summary>
internal static class OutputFile
{
    public static void Write(string path, byte[] content, CancellationToken cancellation)
    {
        if (Directory.Exists(path)) { throw CommandFailedException.BadInput($"cannot write {path}: it is a directory"); }
        try
        {
            // A link keeps pointing where it does; a device is written to, never replaced.
            var target = (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null) ?? Path.GetFullPath(path);
            cancellation.ThrowIfCancellationRequested();
            if (IsDevice(target)) { File.WriteAllBytes(target, content); }
            else { Replace(target, content); }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw CommandFailedException.BadInput($"cannot write {path}: {InputFile.Why(e)}", cause: e);
        }
    }

    private static bool IsDevice(string path) => path.StartsWith("/dev/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal);

    private static void Replace(string path, byte[] content)
    {
        var beside = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{Environment.ProcessId}.tmp");
        try
        {
            using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }
    }
}
