using Firewall.Cli.Rendering;

namespace Firewall.Cli.Tests;

public sealed class ProgressTests
{
    [Fact]
    public void The_step_at_work_is_named_on_a_terminal_and_gone_at_the_end() =>
        Assert.Equal("\r\e[Kreading rules …\r\e[Kgenerating code …\r\e[K", Shown(isTerminal: true, isQuiet: false));

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Elsewhere_and_in_quiet_there_is_no_progress(bool isTerminal, bool isQuiet) => Assert.Equal("", Shown(isTerminal, isQuiet));

    private static string Shown(bool isTerminal, bool isQuiet)
    {
        using var error = new StringWriter();
        var clock = new ManualClock();
        using (var progress = new Progress(new Conversation(error, isQuiet, IsVerbose: false, HasColor: false, isTerminal), clock))
        {
            progress.Step("reading rules");
            clock.Ring();
            progress.Step("generating code");
        }

        clock.Ring();
        return error.ToString();
    }

    /// <summary>Its timers ring when told to.</summary>
    private sealed class ManualClock : TimeProvider
    {
        private TimerCallback? _callback;

        public void Ring() => _callback?.Invoke(null);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Assert.Equal(TimeSpan.FromSeconds(1), dueTime);
            _callback = callback;
            return System.CreateTimer(_ => { }, state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
