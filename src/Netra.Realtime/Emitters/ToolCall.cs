using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Emitters;

/// <summary>One call of a tool: its progress, and exactly one completion. Safe to call concurrently; the first completion counts.</summary>
public sealed class ToolCall
{
    // Held, so that a run whose calls somebody still has is not taken for one that nobody will end.
    private readonly RunEmitter _owner;
    private readonly OpenTool _tool;

    private ToolCall(RunEmitter owner, CallId callId, OpenTool tool)
    {
        _owner = owner;
        _tool = tool;
        CallId = callId;
    }

    /// <summary>The id of the call.</summary>
    public CallId CallId { get; }

    /// <summary>What became of <c>tool_executing</c>; when it was refused, the call is not open and all that follows is refused.</summary>
    public EmitResult Started { get; private set; }

    /// <summary>Emits <c>tool_progress</c>: only the newest of a call counts for a reader that is behind.</summary>
    /// <param name="percent">From 0 to 100, clamped; null or not a number: unknown.</param>
    /// <param name="message">What the tool is doing; cut to 300 units.</param>
    /// <returns>What became of it.</returns>
    public EmitResult Progress(double? percent = null, string? message = null)
    {
        (EventWriter writer, OpenRun run) = (_owner.Writer, _owner.Open);
        if (!run.HasEnded && writer.Sheds(DeliveryClass.Latest))
        {
            _owner.Session.NoteAlive(run);
            return EmitResult.Refused(EmitRefusal.Shed);
        }

        EventEncoder encoder = writer.Rent();
        try
        {
            encoder.Begin(EventTypes.ToolProgress, writer.Time.GetUtcNow(), run.Identity);
            encoder.BeginFields();
            encoder.Name("call_id", CallId.Value);
            if (percent is { } value && !double.IsNaN(value))
            {
                encoder.Number("percent", Math.Clamp(value, 0, 100));
            }

            if (message is not null)
            {
                encoder.Text("message", message, writer.Limits.MaxErrorChars);
            }

            encoder.EndFields();
            encoder.End();
            LogEntry entry = writer.ToEntry(encoder, run.Thread, run.Id);
            entry.Class = DeliveryClass.Latest;
            entry.Key = UserSession.ProgressKey(run, CallId);
            return writer.Finish(_owner.Session.Append(run, entry, new RunStep(RunStepKind.Progress, CallId)), entry);
        }
        finally
        {
            writer.Return(encoder);
        }
    }

    /// <summary>Emits <c>tool_completed</c>, succeeded, without an output.</summary>
    /// <returns>What became of it.</returns>
    public EmitResult Complete() => Complete<string?>(null);

    /// <summary>Emits <c>tool_completed</c>, succeeded.</summary>
    /// <typeparam name="T">The type of the output.</typeparam>
    /// <param name="output">The output, shown to the user after sanitizing; strings in it are cut to 10,000 units, and what does not fit is left out.</param>
    /// <returns>What became of it; an output that cannot be serialized leaves the call open.</returns>
    public EmitResult Complete<T>(T output)
    {
        EventPayload payload = EventPayload.From(output);
        return End(_owner.Writer, _owner.Session, _owner.Open, CallId, _tool, "succeeded", payload, null, isOfEnd: false);
    }

    /// <summary>Emits <c>tool_completed</c>, failed.</summary>
    /// <param name="code">A short name for programs.</param>
    /// <param name="message">A sentence for the user, cut to 300 units; never an exception's text.</param>
    /// <returns>What became of it.</returns>
    public EmitResult Fail(string code, string message)
    {
        ArgumentNullException.ThrowIfNull(code);
        ArgumentNullException.ThrowIfNull(message);
        return End(_owner.Writer, _owner.Session, _owner.Open, CallId, _tool, "failed", default, new EventError(code, message), isOfEnd: false);
    }

    internal static ToolCall Start(RunEmitter owner, string name, EventPayload input, CallId callId)
    {
        (EventWriter writer, OpenRun run) = (owner.Writer, owner.Open);
        ToolCall call = new(owner, callId, new OpenTool(name, writer.Time.GetTimestamp()));
        EventEncoder encoder = writer.Rent();
        try
        {
            encoder.Begin(EventTypes.ToolExecuting, writer.Time.GetUtcNow(), run.Identity);
            encoder.BeginFields();
            encoder.Name("call_id", callId.Value);
            encoder.Name("tool", name);
            if (!encoder.Field("input", input, writer.Limits.MaxToolInputChars))
            {
                call.Started = EmitResult.Refused(EmitRefusal.NotSerializable);
                return call;
            }

            encoder.EndFields();
            encoder.End();
            LogEntry entry = writer.ToEntry(encoder, run.Thread, run.Id);
            call.Started = writer.Finish(owner.Session.Append(run, entry, new RunStep(RunStepKind.ToolExecuting, callId, call._tool)), entry);
            return call;
        }
        finally
        {
            writer.Return(encoder);
        }
    }

    /// <summary>The server's own completion of a call that the agent forgot.</summary>
    internal static void FailForgotten(EventWriter writer, UserSession session, OpenRun run, CallId callId, OpenTool tool) =>
        End(writer, session, run, callId, tool, "failed", default, new EventError("not_completed", "The run ended before the tool did."), isOfEnd: true);

    private static EmitResult End(
        EventWriter writer, UserSession session, OpenRun run, CallId callId, OpenTool tool, string status, EventPayload output, EventError? error, bool isOfEnd)
    {
        EventEncoder encoder = writer.Rent();
        try
        {
            encoder.Begin(EventTypes.ToolCompleted, writer.Time.GetUtcNow(), run.Identity);
            encoder.BeginFields();
            encoder.Name("call_id", callId.Value);
            encoder.Name("tool", tool.Name);
            encoder.Name("status", status);
            if (!encoder.Field("output", output, writer.Limits.MaxToolOutputChars))
            {
                return EmitResult.Refused(EmitRefusal.NotSerializable);
            }

            if (error is not null)
            {
                encoder.Error(error.Code, error.Message);
            }

            encoder.Number("duration_ms", (long)writer.Time.GetElapsedTime(tool.StartTimestamp).TotalMilliseconds);
            encoder.EndFields();
            encoder.End();
            LogEntry entry = writer.ToEntry(encoder, run.Thread, run.Id);
            return writer.Finish(session.Append(run, entry, new RunStep(RunStepKind.ToolCompleted, callId, IsOfEnd: isOfEnd)), entry);
        }
        finally
        {
            writer.Return(encoder);
        }
    }
}
