using System.Text;

namespace Firewall.Rules.Logging;

/// <summary>
/// The kernel's buffer for one line, <c>struct nf_log_buf</c> (net/netfilter/nf_log.c): what would fill it ends in the middle, and what comes after
/// is lost.
/// </summary>
internal sealed class LineBuffer
{
    /// <summary>S_SIZE, less the level (two characters in front of the line) and the terminator.</summary>
    private const int Capacity = 1024 - sizeof(uint) - 1 - 2 - 1;

    private readonly StringBuilder _text = new(256);
    private bool _isFull;

    public void Add(string text)
    {
        if (_isFull) { return; }
        if (_text.Length + text.Length <= Capacity)
        {
            _text.Append(text);
            return;
        }

        _text.Append(text, 0, Capacity - _text.Length);
        _isFull = true;
    }

    public override string ToString() => _text.ToString();
}
