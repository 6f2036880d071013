using System.Globalization;

namespace Firewall.Agreement.Tests;

/// <summary>FWC_TEST_SCALE multiplies how much random tests try.</summary>
internal static class Scale
{
    private static readonly double Factor =
        double.TryParse(Environment.GetEnvironmentVariable("FWC_TEST_SCALE"), NumberStyles.Float, CultureInfo.InvariantCulture, out var factor) ? factor : 1;

    public static int Of(int count) => Math.Max(1, (int)(count * Factor));
}
