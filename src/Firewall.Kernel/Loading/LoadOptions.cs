namespace Firewall.Kernel.Loading;

/// <summary>How to load an object.</summary>
public sealed record LoadOptions
{
    public static readonly LoadOptions Default = new();

    /// <summary>Ask the verifier what its work cost (BPF_LOG_STATS, Linux 5.2); see <see cref="LoadedProgram.Statistics"/>.</summary>
    public bool Statistics { get; init; }
}
