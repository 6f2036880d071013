using System.Globalization;
using System.IO.Compression;

namespace Firewall.Testing;

/// <summary>Where things lie around the tests, and how thorough the tests are asked to be.</summary>
public static class Repository
{
    /// <summary>The folder of <c>Firewall.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary><c>FWC_TEST_SCALE</c>: multiplies the number of random cases; 1 by default.</summary>
    public static int Scale { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("FWC_TEST_SCALE"), CultureInfo.InvariantCulture, out var scale) && scale > 0 ? scale : 1;

    public static string PathOf(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    /// <summary>The folder of real rule sets (<c>FWC_CORPUS</c>, else <c>../shared/corpus</c>); skips the test when it is absent.</summary>
    public static string Corpus()
    {
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable("FWC_CORPUS"), PathOf("..", "shared", "corpus"), PathOf("..", "..", "shared", "corpus"),
        ];
        var folder = candidates.FirstOrDefault(c => c is not null && File.Exists(Path.Combine(c, "INDEX.tsv")));
        Skip.If(folder is null, "the corpus is not on this machine (set FWC_CORPUS)");
        return folder!;
    }

    /// <summary>Reads a file, unpacking it when it is called <c>.gz</c>.</summary>
    public static byte[] ReadBytes(string path)
    {
        if (!path.EndsWith(".gz", StringComparison.Ordinal)) { return File.ReadAllBytes(path); }
        using var packed = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        packed.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Firewall.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside the repository");
        }

        return folder;
    }
}
