using Firewall.Kernel.Interop;

namespace Firewall.Kernel.TestRun;

/// <summary>
/// Keeps the calling thread on one processor until disposed, so that the copy of a per-CPU map that a test run wrote is
/// known (sched_setaffinity(2)). Dispose on the same thread.
/// </summary>
public sealed unsafe class ProcessorAffinity : IDisposable
{
    /// <summary>1024 processors, as cpu_set_t.</summary>
    private const int MaskSize = 128;

    private readonly byte[] _before = new byte[MaskSize];

    private ProcessorAffinity(int processor)
    {
        Processor = processor;
        fixed (byte* mask = _before)
        {
            if (LibC.GetAffinity(0, MaskSize, mask) < 0)
            {
                throw Refusal.OfLast("read the thread's affinity");
            }
        }

        var only = new byte[MaskSize];
        only[processor / 8] = (byte)(1 << (processor % 8));
        Set(only);
    }

    public int Processor { get; }

    /// <summary>The processor the calling thread is on just now.</summary>
    public static int Current => LibC.CurrentProcessor();

    public static ProcessorAffinity To(int processor) => new(processor);

    public void Dispose() => Set(_before);

    private static void Set(byte[] mask)
    {
        fixed (byte* bytes = mask)
        {
            if (LibC.SetAffinity(0, MaskSize, bytes) != 0)
            {
                throw Refusal.OfLast("bind the thread to a processor");
            }
        }
    }
}
