using System.Runtime.InteropServices;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Emitters;

/// <summary>What became of an event when it was emitted. A full limit is an answer, not an exception.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="EventId">Its id: what an application stores to resume from. Empty when it was refused, and for text that is still half a character.</param>
/// <param name="Connections">How many connections of the user want it.</param>
/// <param name="PendingBytes">What waits on the slowest of these connections, in bytes: back-pressure for a producer that cares.</param>
/// <param name="Refusal">Why it was refused.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct EmitResult(
    EmitStatus Status, EventId EventId = default, int Connections = 0, long PendingBytes = 0, EmitRefusal Refusal = EmitRefusal.None)
{
    /// <summary>Whether the event is in the log.</summary>
    public bool IsInLog => Status != EmitStatus.Refused;

    internal static EmitResult Refused(EmitRefusal refusal) => new(EmitStatus.Refused, Refusal: refusal);

    internal static EmitResult From(AppendResult result) => result.Status switch
    {
        AppendStatus.Appended => new(result.Connections > 0 ? EmitStatus.Accepted : EmitStatus.Buffered, result.Id, result.Connections, result.PendingBytes),
        AppendStatus.RunEnded => Refused(EmitRefusal.RunEnded),
        AppendStatus.UnknownCall => Refused(EmitRefusal.UnknownCall),
        AppendStatus.CallAlreadyOpen => Refused(EmitRefusal.CallAlreadyOpen),
        AppendStatus.RunAlreadyExists => Refused(EmitRefusal.RunAlreadyExists),
        AppendStatus.TooManyRuns => Refused(EmitRefusal.TooManyRuns),
        AppendStatus.HostStopped => Refused(EmitRefusal.HostStopped),
        _ => throw new InvalidOperationException($"{result.Status} is resolved before it gets here."),
    };
}
