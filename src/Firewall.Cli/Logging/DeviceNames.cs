using System.Globalization;
using Firewall.Kernel.Network;

namespace Firewall.Cli.Logging;

/// <summary>Names of the devices of this network namespace by index, asked again at most once a second for those that are new.</summary>
internal sealed class DeviceNames(TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private Dictionary<int, string> _names = [];
    private long? _asked;

    /// <summary>The name; "if" and the number where no such device is there any more.</summary>
    public string this[int index]
    {
        get
        {
            if (!_names.ContainsKey(index) && (_asked is not { } asked || clock.GetElapsedTime(asked) >= Pause))
            {
                _names = NetworkInterfaces.All().ToDictionary(i => i.Index, i => i.Name);
                _asked = clock.GetTimestamp();
            }

            return _names.GetValueOrDefault(index) ?? string.Create(CultureInfo.InvariantCulture, $"if{index}");
        }
    }
}
