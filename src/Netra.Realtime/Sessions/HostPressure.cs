namespace Netra.Realtime.Sessions;

/// <summary>How hard pressed the host is. Safe to call concurrently.</summary>
/// <remarks>One monitor writes; each handshake reads, and each event that may be shed. A reading is swapped as a whole, so nobody waits for anybody.</remarks>
public sealed class HostPressure
{
    private PressureReading _latest = new(PressureStage.Normal, PressureGauge.None, 0, 0, 0);

    internal HostPressure()
    {
    }

    /// <summary>What the host does without now.</summary>
    public PressureStage Stage => Latest.Stage;

    /// <summary>The last sample; all zero before the first, which the host takes after it has started.</summary>
    public PressureReading Latest
    {
        get => Volatile.Read(ref _latest);
        internal set => Volatile.Write(ref _latest, value);
    }
}
