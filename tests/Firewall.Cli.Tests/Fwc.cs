using System.Text;

namespace Firewall.Cli.Tests;

/// <summary>What a command answered.</summary>
internal sealed record Answer(ExitCode Code, string Out, string Error, byte[] Bytes);

/// <summary>Runs commands in this process, in a folder of its own; the folder is gone afterwards.</summary>
internal sealed class Fwc : IDisposable
{
    /// <summary>A rule set with a chain, both kinds of verdict, and a chain that XDP does not see.</summary>
    public const string Rules =
        """
        *filter
        :INPUT DROP [0:0]
        :FORWARD ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :WEB - [0:0]
        -A INPUT -i lo -j ACCEPT
        -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
        -A INPUT -p tcp -m tcp --dport 80 -j WEB
        -A FORWARD -o eth1 -j DROP
        -A OUTPUT -p udp -j DROP
        -A WEB -s 10.0.0.0/8 -j DROP
        -A WEB -j ACCEPT
        COMMIT

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("fwc-cli-").FullName;

    public Dictionary<string, string> Variables { get; } = [];

    public bool IsTerminal { get; init; }

    /// <summary>A path in the folder.</summary>
    public string Path(string name) => System.IO.Path.Combine(_folder, name);

    /// <summary>Writes a file and gives its path.</summary>
    public string File(string name, string content = Rules) => File(name, Encoding.UTF8.GetBytes(content));

    public string File(string name, byte[] content)
    {
        System.IO.File.WriteAllBytes(Path(name), content);
        return Path(name);
    }

    public IEnumerable<string> FileNames() => Directory.EnumerateFileSystemEntries(_folder).Select(f => System.IO.Path.GetFileName(f)!).Order(StringComparer.Ordinal);

    public Answer Run(params string[] arguments) => RunWithInput("", arguments);

    public Answer RunWithInput(string input, params string[] arguments)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter { NewLine = "\n" };
        var surroundings = new Surroundings(new MemoryStream(Encoding.UTF8.GetBytes(input)), output, error)
        {
            Variable = Variables.GetValueOrDefault,
            IsErrorTerminal = IsTerminal,
            Clock = new StandingClock(),
        };
        var code = CommandLine.Run(arguments, surroundings).GetAwaiter().GetResult();
        return new Answer(code, Named(Encoding.UTF8.GetString(output.ToArray())), Named(error.ToString()), output.ToArray());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Golden files must not depend on where the folder is.</summary>
    private string Named(string text) => text.Replace(_folder + "/", "", StringComparison.Ordinal);

    /// <summary>Everything takes no time at all.</summary>
    private sealed class StandingClock : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }
}
