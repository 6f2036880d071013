using System.CommandLine;

namespace Firewall.Cli.Options;

/// <summary>When messages are coloured.</summary>
internal enum ColorMode
{
    Auto,
    Always,
    Never,
}

/// <summary>The options of every command that say how it talks.</summary>
internal sealed class OutputOptions
{
    public Option<ColorMode> Color { get; } = Choice.Option(
        "--color", "Colour messages; auto: on a terminal, unless NO_COLOR is set.",
        ("auto", ColorMode.Auto), ("always", ColorMode.Always), ("never", ColorMode.Never));

    public Option<bool> Quiet { get; } = new("-q", "--quiet") { Description = "Say nothing but errors." };

    public Option<bool> Verbose { get; } = new("-v", "--verbose") { Description = "Say more." };

    public IEnumerable<Option> All
    {
        get
        {
            foreach (var option in new Option[] { Color, Quiet, Verbose })
            {
                option.Recursive = true;
                yield return option;
            }
        }
    }

    /// <summary>JSON on standard output instead of text.</summary>
    public static Option<bool> Json(string description) => new("--json") { Description = description };
}
