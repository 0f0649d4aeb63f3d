using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <content>Events and runs: the contract is checked in the same hold of the gate that appends.</content>
internal sealed partial class UserSession
{
    // How long and how many ended runs are remembered, so that cancelling one says so instead of "not found".
    private const int MaxEndedRuns = 100;
    private static readonly TimeSpan EndedRunsFor = TimeSpan.FromSeconds(180);

    private readonly Dictionary<RunId, OpenRun> _openRuns = [];
    private readonly Queue<(RunId Run, long EndedAt)> _endedRuns = new();

    /// <summary>Appends an event that belongs to no run. The entry is taken over only when it was appended.</summary>
    public AppendResult Append(LogEntry owned)
    {
        AppendResult result = AppendAlone(owned, out LogCursor[] cursors);
        Wake(cursors, result.PendingBytes);
        return result;
    }

    /// <summary>Appends an event of a group: the readers are woken on the pool, because there may be very many more.</summary>
    public AppendResult AppendOfGroup(LogEntry owned)
    {
        AppendResult result = AppendAlone(owned, out LogCursor[] cursors);
        foreach (LogCursor cursor in cursors)
        {
            cursor.WakeOnPool();
        }

        return result;
    }

    /// <summary>Opens a run with its first event.</summary>
    public AppendResult StartRun(OpenRun run, LogEntry owned)
    {
        AppendResult result;
        LogCursor[] cursors;
        lock (_gate)
        {
            AppendStatus refusal = _refusal != AppendStatus.Appended ? _refusal
                : _openRuns.ContainsKey(run.Id) || HasEndedLocked(run.Id) ? AppendStatus.RunAlreadyExists
                : _openRuns.Count >= _settings.MaxOpenRuns ? AppendStatus.TooManyRuns
                : AppendStatus.Appended;
            if (refusal != AppendStatus.Appended)
            {
                return new AppendResult(refusal);
            }

            run.FirstSequence = _log.Head.Sequence + 1;
            _openRuns.Add(run.Id, run);
            _pool.Counters.NoteRunStarted();
            SetRetiredLocked(null);
            result = _log.AppendLocked(owned);
            run.LastEventAt = _log.NewestTime;
            cursors = _log.CursorsLocked;
        }

        Wake(cursors, result.PendingBytes);
        return result;
    }

    /// <summary>Appends an event of a run; it ends the part.</summary>
    public AppendResult Append(OpenRun run, LogEntry owned, RunStep step = default)
    {
        AppendResult result;
        LogCursor[] cursors;
        lock (_gate)
        {
            AppendStatus status = CheckLocked(run, step);
            if (status != AppendStatus.Appended)
            {
                return new AppendResult(status);
            }

            if (step.Kind != RunStepKind.Progress)
            {
                EndPartLocked(run);
            }

            result = _log.AppendLocked(owned);
            run.LastEventAt = _log.NewestTime;
            if (step.Kind == RunStepKind.Terminal)
            {
                EndRunLocked(run, step.End);
            }

            cursors = _log.CursorsLocked;
        }

        Wake(cursors, result.PendingBytes);
        return result;
    }

    /// <summary>Appends text to the run's part, or to a new one when it changes between thinking and responding.</summary>
    /// <param name="run">The run.</param>
    /// <param name="text">The text, escaped; may be empty.</param>
    public AppendResult AppendText(OpenRun run, in EscapedText text)
    {
        AppendResult result = new(AppendStatus.Appended);
        LogCursor[] cursors;
        lock (_gate)
        {
            if (run.HasEnded || run.IsEnding)
            {
                return new AppendResult(AppendStatus.RunEnded);
            }

            if (!run.PartIsOpen || run.PartIsThinking != text.IsThinking)
            {
                EndPartLocked(run);
                run.Part++;
                run.PartIsOpen = true;
                run.PartIsThinking = text.IsThinking;
            }

            // Half a character waits for the other half; alone it becomes U+FFFD.
            Span<byte> joined = stackalloc byte[6];
            int length = JoinSurrogate(joined, run.PendingSurrogate, text.LeadingLowSurrogate, text.Bytes.Length > 0 || text.TrailingHighSurrogate != 0);
            if (length >= 0)
            {
                run.PendingSurrogate = text.TrailingHighSurrogate;
            }

            if (length > 0)
            {
                result = _log.AppendTextLocked(run, joined[..length]);
                run.LastEventAt = _log.NewestTime;
            }

            if (text.Bytes.Length > 0)
            {
                result = _log.AppendTextLocked(run, text.Bytes);
                run.LastEventAt = _log.NewestTime;
            }

            cursors = _log.CursorsLocked;
        }

        Wake(cursors, result.PendingBytes);
        return result;
    }

    /// <summary>The agent says that the next text is another part.</summary>
    public AppendResult NewPart(OpenRun run)
    {
        LogCursor[] cursors;
        lock (_gate)
        {
            if (run.HasEnded || run.IsEnding)
            {
                return new AppendResult(AppendStatus.RunEnded);
            }

            EndPartLocked(run);
            cursors = _log.CursorsLocked;
        }

        Wake(cursors, 0);
        return new AppendResult(AppendStatus.Appended);
    }

    /// <summary>From here on only what ends the run is accepted.</summary>
    /// <returns>The calls that are still open; none when the run has ended. Two that end a run at once may both get them: each
    /// completion and the terminal event are accepted once.</returns>
    public KeyValuePair<CallId, OpenTool>[] BeginEnd(OpenRun run)
    {
        lock (_gate)
        {
            run.IsEnding = true;
            return [.. run.OpenTools];
        }
    }

    /// <summary>How to cancel a run of this user; null when it is not open.</summary>
    public RunLookup Find(RunId run, out RunCancellation? cancellation)
    {
        lock (_gate)
        {
            cancellation = _openRuns.GetValueOrDefault(run)?.Cancellation;
            return _openRuns.ContainsKey(run) ? RunLookup.Open : HasEndedLocked(run) ? RunLookup.Ended : RunLookup.Unknown;
        }
    }

    private AppendResult AppendAlone(LogEntry owned, out LogCursor[] cursors)
    {
        lock (_gate)
        {
            if (_refusal != AppendStatus.Appended)
            {
                cursors = [];
                return new AppendResult(_refusal);
            }

            AppendResult result = _log.AppendLocked(owned);
            cursors = _log.CursorsLocked;
            RetireIfUnusedLocked(); // from now on again: what was just emitted has the whole time
            return result;
        }
    }

    // How many bytes of joined text there are: -1 means that nothing changes, because nothing came that could decide.
    private static int JoinSurrogate(Span<byte> joined, char pending, char leading, bool textFollows)
    {
        if (leading == 0)
        {
            return pending == 0 ? 0 : textFollows ? Replacement(joined) : -1;
        }

        return pending == 0 ? Replacement(joined) : new System.Text.Rune(pending, leading).EncodeToUtf8(joined);
    }

    private static int Replacement(Span<byte> destination) => System.Text.Rune.ReplacementChar.EncodeToUtf8(destination);

    private AppendStatus CheckLocked(OpenRun run, RunStep step)
    {
        if (run.HasEnded || (run.IsEnding && !step.IsOfEnd))
        {
            return AppendStatus.RunEnded;
        }

        switch (step.Kind)
        {
            case RunStepKind.ToolExecuting:
                return run.OpenTools.TryAdd(step.Call, step.Tool) ? AppendStatus.Appended : AppendStatus.CallAlreadyOpen;
            case RunStepKind.ToolCompleted when run.OpenTools.Remove(step.Call):
                _log.SupersedeLocked(ProgressKey(run, step.Call));
                return AppendStatus.Appended;
            case RunStepKind.Progress when run.OpenTools.ContainsKey(step.Call):
                return AppendStatus.Appended;
            case RunStepKind.ToolCompleted or RunStepKind.Progress:
                return AppendStatus.UnknownCall;
            default:
                return AppendStatus.Appended;
        }
    }

    public static LatestKey ProgressKey(OpenRun run, CallId call) => new(run.Thread, run.Id, EventTypes.ToolProgress, call.Value);

    private void EndPartLocked(OpenRun run)
    {
        if (run.PendingSurrogate != 0)
        {
            Span<byte> replacement = stackalloc byte[3];
            _log.AppendTextLocked(run, replacement[..Replacement(replacement)]);
            run.PendingSurrogate = '\0';
        }

        run.PartIsOpen = false;
        run.Segment = null;
    }

    private void EndRunLocked(OpenRun run, RunEnd end)
    {
        run.HasEnded = true;
        run.EndedAs = end;
        run.WhenEnded?.SetResult();
        _openRuns.Remove(run.Id);
        _pool.Counters.NoteRunEnded();
        _endedRuns.Enqueue((run.Id, _time.GetTimestamp()));
        ForgetEndedRunsLocked();
        RetireIfUnusedLocked();
    }

    private bool HasEndedLocked(RunId run)
    {
        ForgetEndedRunsLocked();
        foreach ((RunId ended, _) in _endedRuns)
        {
            if (ended == run)
            {
                return true;
            }
        }

        return false;
    }

    private void ForgetEndedRunsLocked()
    {
        while (_endedRuns.TryPeek(out (RunId Run, long EndedAt) oldest)
            && (_endedRuns.Count > MaxEndedRuns || _time.GetElapsedTime(oldest.EndedAt) > EndedRunsFor))
        {
            _endedRuns.Dequeue();
        }
    }

    private long OldestOpenRunLocked()
    {
        long oldest = long.MaxValue;
        foreach (OpenRun run in _openRuns.Values)
        {
            oldest = Math.Min(oldest, run.FirstSequence);
        }

        return oldest;
    }

    private List<OpenRunSummary> SummarizeLocked(EventFilter filter)
    {
        List<OpenRunSummary> summaries = [];
        foreach (OpenRun run in _openRuns.Values)
        {
            if (filter.Matches(run.Thread, run.Id))
            {
                summaries.Add(new OpenRunSummary
                {
                    RunId = run.Id,
                    ThreadId = run.Thread,
                    Agent = run.Agent,
                    Complete = run.FirstSequence >= _log.Tail,
                });
            }
        }

        return summaries;
    }
}
