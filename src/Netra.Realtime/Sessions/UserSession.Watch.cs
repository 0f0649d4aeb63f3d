namespace Netra.Realtime.Sessions;

/// <content>Runs that end in another way than by their agent.</content>
internal sealed partial class UserSession
{
    /// <summary>Whether there may be open runs; without the gate, for those who look at all sessions and come again.</summary>
    public bool MayHaveOpenRuns => _openRuns.Count > 0;

    public OpenRun[] OpenRuns()
    {
        lock (_gate)
        {
            return [.. _openRuns.Values];
        }
    }

    /// <summary>Completes when the run has ended.</summary>
    public Task WhenEnded(OpenRun run)
    {
        lock (_gate)
        {
            return run.HasEnded ? Task.CompletedTask : (run.WhenEnded ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>What has to be ended for the agent: runs that have been silent for too long, and those whose owner is gone.</summary>
    public List<(OpenRun Run, RunEnd End)> OverdueRuns()
    {
        List<(OpenRun Run, RunEnd End)> overdue = [];
        lock (_gate)
        {
            foreach (OpenRun run in _openRuns.Values)
            {
                if (run.Owner is { } owner && !owner.TryGetTarget(out _))
                {
                    overdue.Add((run, RunEnd.Interrupted));
                }
                else if (run.MaxSilence != Timeout.InfiniteTimeSpan && _log.SinceLocked(run.LastEventAt) >= run.MaxSilence)
                {
                    overdue.Add((run, RunEnd.TimedOut));
                }
            }
        }

        return overdue;
    }

    /// <summary>The agent is at work, although nothing of it was appended.</summary>
    public void NoteAlive(OpenRun run)
    {
        lock (_gate)
        {
            run.LastEventAt = _log.TimeNowLocked();
        }
    }

    /// <summary>The host stood still, and the agents with it: that is no silence of theirs.</summary>
    public void ExcuseRuns(TimeSpan pause)
    {
        lock (_gate)
        {
            uint now = _log.TimeNowLocked();
            foreach (OpenRun run in _openRuns.Values)
            {
                TimeSpan silence = _log.SinceLocked(run.LastEventAt);
                run.LastEventAt = silence <= pause ? now : unchecked(run.LastEventAt + (uint)pause.TotalMilliseconds); // a pause before its last event changes little
            }
        }
    }
}
