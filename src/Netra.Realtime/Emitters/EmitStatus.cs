namespace Netra.Realtime.Emitters;

/// <summary>What became of an event when it was emitted.</summary>
public enum EmitStatus
{
    /// <summary>In the log, and at least one connection of the user wants it.</summary>
    Accepted,

    /// <summary>In the log, for whoever connects in time: no connection wants it now.</summary>
    Buffered,

    /// <summary>Not in the log; <see cref="EmitResult.Refusal"/> says why.</summary>
    Refused,
}
