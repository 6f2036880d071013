namespace Firewall.Cli.Rendering;

/// <summary>One line on a terminal that names the step at work, once the work has taken a second. Elsewhere nothing.</summary>
internal sealed class Progress : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly TextWriter _terminal;
    private readonly ITimer? _timer;
    private string _step = "";
    private bool _isShown;
    private bool _isOver;

    public Progress(Conversation conversation, TimeProvider clock)
    {
        _terminal = conversation.Error;
        if (conversation is { IsTerminal: true, IsQuiet: false }) { _timer = clock.CreateTimer(_ => Show(), state: null, Patience, Timeout.InfiniteTimeSpan); }
    }

    /// <summary>Begins a step, e.g. "generating code".</summary>
    public void Step(string name)
    {
        lock (_lock)
        {
            _step = name;
            if (_isShown) { Draw(); }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            if (_isShown) { _terminal.Write("\r\e[K"); }
        }

        _timer?.Dispose();
    }

    private void Show()
    {
        lock (_lock)
        {
            if (_isOver) { return; }
            _isShown = true;
            Draw();
        }
    }

    private void Draw() => _terminal.Write($"\r\e[K{_step} …");
}
