using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Emitters;

/// <summary>Ends a run, for its agent or in its place: open calls are completed as failed, then comes the one terminal event.</summary>
internal static class RunEnding
{
    public static EmitResult Fail(
        EventWriter writer, UserSession session, OpenRun run, FailureReason reason, string? code = null, string? message = null) =>
        End(writer, session, run, EventTypes.AgentFailed, EndOf(reason), encoder =>
        {
            encoder.Name("reason", Name(reason));
            if (code is not null || message is not null)
            {
                encoder.Error(code ?? "error", message ?? "");
            }

            encoder.Number("duration_ms", DurationMs(writer, run));
            return true;
        });

    /// <param name="writer">What encodes.</param>
    /// <param name="session">Whose run it is.</param>
    /// <param name="run">The run.</param>
    /// <param name="type">The terminal event.</param>
    /// <param name="end">How it ends.</param>
    /// <param name="writeFields">Writes its payload; false: it cannot be serialized, and the run stays open.</param>
    public static EmitResult End(EventWriter writer, UserSession session, OpenRun run, string type, RunEnd end, Func<EventEncoder, bool> writeFields)
    {
        if (run.HasEnded)
        {
            return EmitResult.Refused(EmitRefusal.RunEnded);
        }

        LogEntry terminal;
        EventEncoder encoder = writer.Rent();
        try
        {
            encoder.Begin(type, writer.Time.GetUtcNow(), run.Identity);
            encoder.BeginFields();
            if (!writeFields(encoder))
            {
                return EmitResult.Refused(EmitRefusal.NotSerializable);
            }

            encoder.EndFields();
            encoder.End();
            terminal = writer.ToEntry(encoder, run.Thread, run.Id);
        }
        finally
        {
            writer.Return(encoder);
        }

        // The first to ask ends the run; from here on nothing else of it is accepted. Whoever comes second is refused by the append.
        foreach ((CallId call, OpenTool tool) in session.BeginEnd(run))
        {
            ToolCall.FailForgotten(writer, session, run, call, tool);
        }

        AppendResult result = session.Append(run, terminal, new RunStep(RunStepKind.Terminal, IsOfEnd: true, End: end));
        writer.Sessions.NoteIfRetired(session);
        if (result.Status == AppendStatus.Appended && run.Cleanups is { } cleanups)
        {
            writer.Sessions.Cleanups.Run(cleanups.End()); // nothing more is registered: the run has ended
        }

        return writer.Finish(result, terminal);
    }

    public static long DurationMs(EventWriter writer, OpenRun run) => (long)writer.Time.GetElapsedTime(run.StartTimestamp).TotalMilliseconds;

    private static string Name(FailureReason reason) => reason switch
    {
        FailureReason.Cancelled => "cancelled",
        FailureReason.TimedOut => "timed_out",
        FailureReason.Interrupted => "interrupted",
        _ => "error",
    };

    private static RunEnd EndOf(FailureReason reason) => reason switch
    {
        FailureReason.Cancelled => RunEnd.Cancelled,
        FailureReason.TimedOut => RunEnd.TimedOut,
        FailureReason.Interrupted => RunEnd.Interrupted,
        _ => RunEnd.Failed,
    };
}
