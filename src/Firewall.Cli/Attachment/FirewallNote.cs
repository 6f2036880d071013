using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Firewall.Compiler;
using Firewall.Kernel.Links;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;

namespace Firewall.Cli.Attachment;

/// <summary>
/// What the attaching process leaves beside the program (JSON in the pinned map "metadata"), so that later invocations, of later versions
/// too, can say what is attached and what its counters count.
/// </summary>
internal sealed record FirewallNote
{
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required string Interface { get; init; }

    /// <summary>INPUT or FORWARD.</summary>
    public required string Chain { get; init; }

    /// <summary>native or generic.</summary>
    public required string Mode { get; init; }

    /// <summary>What becomes of deferred packets: kernel or drop.</summary>
    public required string Deferred { get; init; }

    public required DateTimeOffset Attached { get; init; }

    /// <summary>The rules of each family.</summary>
    public required ImmutableArray<NotedRules> Rules { get; init; }

    /// <summary>Names of the reasons for deferring, in the order of their counters.</summary>
    public required ImmutableArray<string> Reasons { get; init; }

    /// <summary>The reasons whose packets always pass.</summary>
    public required ImmutableArray<string> PassingReasons { get; init; }

    public static FirewallNote Of(CompiledFirewall firewall, AttachRequest request, XdpMode mode, DateTimeOffset now) => new()
    {
        Interface = request.Interface,
        Chain = firewall.Rules.Hook.ChainName(),
        Mode = mode == XdpMode.Native ? "native" : "generic",
        Deferred = firewall.Options.Deferred == DeferredAction.Kernel ? "kernel" : "drop",
        Attached = now,
        Rules = [.. request.Policies.Select(p => NotedRules.Of(p, firewall))],
        Reasons = [.. Enum.GetValues<DeferReason>().Select(r => r.Text())],
        PassingReasons = [DeferReason.NotIp.Text(), DeferReason.Dhcp.Text()],
    };

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">The text is no note.</exception>
    public static FirewallNote Parse(string json) =>
        JsonSerializer.Deserialize(json, FirewallNoteJson.Default.FirewallNote) is { Version: CurrentVersion } note
            ? note
            : throw new JsonException("another version of fwc wrote it");

    /// <summary>What is attached, in a few words: "INPUT of rules.txt and rules6.txt".</summary>
    public string Describe() => $"{Chain} of {string.Join(" and ", Rules.Select(r => r.File))}";

    /// <summary>Whether the kernel gets packets deferred for this reason; else they are dropped.</summary>
    public bool Passes(string reason) => Deferred == "kernel" || PassingReasons.Contains(reason);

    public string ToJson() => JsonSerializer.Serialize(this, FirewallNoteJson.Default.FirewallNote);
}

[JsonSerializable(typeof(FirewallNote))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true)]
internal sealed partial class FirewallNoteJson : JsonSerializerContext;
