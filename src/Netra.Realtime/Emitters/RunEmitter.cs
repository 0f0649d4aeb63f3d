using System.Buffers;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Emitters;

/// <summary>The events of one run. The contract is kept for the agent: tools are paired, there is one terminal event, nothing follows it.</summary>
/// <remarks>
/// Emitting is synchronous and never waits for a connection. Safe to call concurrently; events of one caller keep their order.
/// Disposing of a run that has not ended ends it as <c>interrupted</c>; one that nobody holds any more is ended so by the next sweep after it was
/// collected (a callback on its token, or a clean-up, that captures it holds it). A run without an event for <c>Limits.MaxRunSilence</c> is ended as <c>timed_out</c>.
/// </remarks>
public sealed partial class RunEmitter : IAsyncDisposable, IDisposable
{
    private const int MaxMessageChars = 2_000;

    // Text of up to this many units is escaped on the stack: a token is far below.
    private const int SmallTextChars = 128;

    private readonly EventWriter _writer;
    private readonly UserSession _session;
    private readonly OpenRun _run;

    private RunEmitter(EventWriter writer, UserSession session, OpenRun run)
    {
        _writer = writer;
        _session = session;
        _run = run;
        User = session.User;
    }

    /// <summary>The user.</summary>
    public UserId User { get; }

    /// <summary>The run.</summary>
    public RunId RunId => _run.Id;

    /// <summary>The conversation of the run, or null.</summary>
    public ThreadId? Thread => _run.Thread;

    /// <summary>What became of <c>agent_started</c>.</summary>
    public EmitResult Started { get; private set; }

    /// <summary>Cancelled when the user or the application asks the run to stop, when it timed out, and when the host stops. The run goes on until it ends itself.</summary>
    public CancellationToken Cancelled => _run.Cancellation.Token;

    internal EventWriter Writer => _writer;

    internal UserSession Session => _session;

    internal OpenRun Open => _run;

    /// <summary>Whether it was the stop of the host that cancelled the run.</summary>
    internal bool IsInterrupted => _run.Cancellation.IsInterrupted;

    /// <summary>How the run ended; null while it is open.</summary>
    internal RunEnd? EndedAs => _run.EndedAs;

    /// <summary>Emits <c>agent_thinking</c>: text that continues the part.</summary>
    /// <param name="text">The text that is new; may end within a character, whose other half then comes with the next.</param>
    /// <returns>What became of it; the id is the last one's when the text was long enough to become several events.</returns>
    public EmitResult Think(ReadOnlySpan<char> text) => Text(text, isThinking: true);

    /// <summary>Emits <c>agent_responding</c>: text of the answer that continues the part.</summary>
    /// <param name="text">The text that is new; may end within a character, whose other half then comes with the next.</param>
    /// <returns>What became of it; the id is the last one's when the text was long enough to become several events.</returns>
    public EmitResult Respond(ReadOnlySpan<char> text) => Text(text, isThinking: false);

    /// <summary>Says that the next text begins another part.</summary>
    /// <returns>Accepted, or that the run has ended. Nothing is emitted.</returns>
    public EmitResult NewPart() => EmitResult.From(_session.NewPart(_run));

    /// <summary>Emits an event of the application's own type that belongs to the run.</summary>
    /// <typeparam name="T">The type of the payload.</typeparam>
    /// <param name="type"><c>[a-z][a-z0-9_.]{0,63}</c>, not reserved.</param>
    /// <param name="payload">The payload; serialized during the call, sanitized, and refused when the event would be above 64 KiB.</param>
    /// <param name="options">How readers that are behind are treated.</param>
    /// <returns>What became of it.</returns>
    /// <exception cref="ArgumentException">The type may not be used.</exception>
    public EmitResult Emit<T>(string type, T payload, EmitOptions options = default)
    {
        UserEventEmitter.RequireCustom(type);
        if (!_run.HasEnded && _writer.Sheds(options.Delivery))
        {
            _session.NoteAlive(_run);
            return EmitResult.Refused(EmitRefusal.Shed);
        }

        EventEncoder encoder = _writer.Rent();
        try
        {
            encoder.Begin(type, _writer.Time.GetUtcNow(), _run.Identity);
            EmitRefusal refusal = encoder.Whole(EventPayload.From(payload));
            if (refusal != EmitRefusal.None)
            {
                return EmitResult.Refused(refusal);
            }

            encoder.End();
            LogEntry entry = _writer.ToEntry(encoder, Thread, RunId);
            UserEventEmitter.Classify(entry, type, options);
            return _writer.Finish(_session.Append(_run, entry), entry);
        }
        finally
        {
            _writer.Return(encoder);
        }
    }

    /// <summary>Emits <c>tool_executing</c>.</summary>
    /// <param name="tool">The name of the tool; cut to 256 units.</param>
    /// <returns>The call: end it with <see cref="ToolCall.Complete{T}(T)"/> or <see cref="ToolCall.Fail"/>. A call that is forgotten is failed when the run ends.</returns>
    public ToolCall ExecuteTool(string tool) => ExecuteTool<string?>(tool, null);

    /// <summary>Emits <c>tool_executing</c> with what the tool is called with.</summary>
    /// <typeparam name="T">The type of the input.</typeparam>
    /// <param name="tool">The name of the tool; cut to 256 units.</param>
    /// <param name="input">The input, shown to the user after sanitizing; strings in it are cut to 2,000 units, and what does not fit is left out.</param>
    /// <param name="callId">The id of the call; minted when null.</param>
    /// <returns>The call: end it with <see cref="ToolCall.Complete{T}(T)"/> or <see cref="ToolCall.Fail"/>. A call that is forgotten is failed when the run ends.</returns>
    public ToolCall ExecuteTool<T>(string tool, T input, CallId? callId = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(tool);
        return ToolCall.Start(this, tool.Length <= 256 ? tool : tool[..256], EventPayload.From(input), callId ?? CallId.New());
    }

    /// <summary>Runs a tool between its two events: timed, completed with what it returns, failed when it throws.</summary>
    /// <typeparam name="TInput">The type of the input.</typeparam>
    /// <typeparam name="TOutput">The type of the output.</typeparam>
    /// <param name="tool">The name of the tool.</param>
    /// <param name="input">The input, shown to the user after sanitizing.</param>
    /// <param name="execute">The tool. What it throws is thrown on; its text goes nowhere.</param>
    /// <param name="cancellationToken">Passed to the tool.</param>
    /// <returns>What the tool returned.</returns>
    public async Task<TOutput> ToolAsync<TInput, TOutput>(
        string tool, TInput input, Func<CancellationToken, Task<TOutput>> execute, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(execute);
        ToolCall call = ExecuteTool(tool, input);
        try
        {
            TOutput output = await execute(cancellationToken).ConfigureAwait(false);
            if (call.Complete(output).Refusal == EmitRefusal.NotSerializable)
            {
                call.Complete(); // the tool did succeed, only its output cannot be shown
            }

            return output;
        }
        catch (OperationCanceledException)
        {
            call.Fail("cancelled", "The tool was cancelled.");
            throw;
        }
        catch (AgentException e)
        {
            call.Fail(e.Code, e.Message);
            throw;
        }
        catch
        {
            call.Fail("error", "The tool failed.");
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => EndIfOpen();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        EndIfOpen();
        return ValueTask.CompletedTask;
    }

    internal static RunEmitter Start(EventWriter writer, UserId user, ThreadId? thread, string agent, RunStart start)
    {
        OpenRun run = new(start.RunId ?? RunId.New(), thread, agent, writer.Time.GetTimestamp()) { MaxSilence = start.MaxSilence ?? writer.Limits.MaxRunSilence };
        EventEncoder encoder = writer.Rent();
        try
        {
            encoder.Begin(EventTypes.AgentStarted, writer.Time.GetUtcNow(), run.Identity);
            encoder.BeginFields();
            if (start.Message is not null)
            {
                encoder.Text("message", start.Message, MaxMessageChars);
            }

            if (start.ParentRunId is not null)
            {
                encoder.Name("parent_run_id", start.ParentRunId.Value.Value);
            }

            encoder.EndFields();
            encoder.End();
            LogEntry entry = writer.ToEntry(encoder, thread, run.Id);
            SpinWait evictions = default;
            while (true)
            {
                UserSession session = writer.Sessions.GetOrAdd(user);
                RunEmitter emitter = new(writer, session, run);
                run.Owner = new WeakReference<object>(emitter);
                AppendResult result = session.StartRun(run, entry);
                if (result.Status == AppendStatus.SessionEvicted)
                {
                    evictions.SpinOnce();
                    continue;
                }

                run.HasEnded |= result.Status != AppendStatus.Appended;
                writer.Sessions.NoteIfRetired(session);
                emitter.Started = writer.Finish(result, entry);
                return emitter;
            }
        }
        finally
        {
            writer.Return(encoder);
        }
    }

    private void EndIfOpen()
    {
        Fail(FailureReason.Interrupted);
        _run.Cancellation.Dispose();
    }

    /// <summary>Cancels the run because the host stops. Runs the callbacks of the agent: guard it.</summary>
    internal void Interrupt() => _run.Cancellation.Interrupt();

    private EmitResult Text(ReadOnlySpan<char> text, bool isThinking)
    {
        if (text.Length <= SmallTextChars)
        {
            Span<byte> small = stackalloc byte[SmallTextChars * JsonText.MaxBytesPerChar];
            return TextPiece(text, isThinking, small, out EmitResult result) ? result : default; // six bytes a unit always suffice
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(EventLog.MaxSegmentTextBytes);
        try
        {
            EmitResult result = default;
            while (text.Length > 0)
            {
                int length = Math.Min(text.Length, EventLog.MaxSegmentTextBytes);
                while (!TextPiece(text[..length], isThinking, buffer.AsSpan(0, EventLog.MaxSegmentTextBytes), out result))
                {
                    length = (length + 1) / 2;
                }

                text = text[length..];
            }

            return result;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Halves of characters at the edges are set aside: they may belong to the text before and after.
    private bool TextPiece(ReadOnlySpan<char> text, bool isThinking, Span<byte> buffer, out EmitResult result)
    {
        char leading = text.Length > 0 && char.IsLowSurrogate(text[0]) ? text[0] : '\0';
        ReadOnlySpan<char> middle = leading == 0 ? text : text[1..];
        char trailing = middle.Length > 0 && char.IsHighSurrogate(middle[^1]) ? middle[^1] : '\0';
        middle = trailing == 0 ? middle : middle[..^1];
        result = default;
        if (!JsonText.TryEscape(middle, buffer, out int written))
        {
            return false;
        }

        if (text.IsEmpty)
        {
            result = _run.HasEnded ? EmitResult.Refused(EmitRefusal.RunEnded) : new EmitResult(EmitStatus.Accepted);
            return true;
        }

        AppendResult appended = _session.AppendText(_run, new EscapedText
        {
            IsThinking = isThinking,
            Bytes = buffer[..written],
            LeadingLowSurrogate = leading,
            TrailingHighSurrogate = trailing,
        });
        _writer.Sessions.HoldBudget();

        // Half a character is accepted, whoever will read it.
        result = appended is { Status: AppendStatus.Appended, Id.IsEmpty: true } ? new EmitResult(EmitStatus.Accepted) : EmitResult.From(appended);
        return true;
    }
}
