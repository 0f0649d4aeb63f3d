using Netra.Realtime.Client.Connections;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Runs;

/// <summary>What an application shows of its user's runs, built from the events that it has read.</summary>
/// <remarks>It changes when <see cref="RealtimeClient.ReadEventsAsync"/> moves on, before that hands out the event. Any thread may look at
/// it at any time: what it hands out are snapshots, which cost their text when the run has changed and nothing else.</remarks>
public sealed class RunsView
{
    // _gate guards all. _open: the runs that were open when the server welcomed us, until the replay is over. _suspects: shown as open, but not there.
    private readonly Lock _gate = new();
    private readonly OrderedDictionary<RunId, RunBuilder> _runs = [];
    private readonly HashSet<RunId> _suspects = [];
    private HashSet<RunId>? _open;
    private readonly int _keepEnded;

    internal RunsView(int keepEnded) => _keepEnded = keepEnded;

    /// <summary>The run as it is now.</summary>
    /// <param name="id">The run.</param>
    /// <returns>The run; null when nothing is known of it, or no more.</returns>
    public RunView? Find(RunId id)
    {
        lock (_gate)
        {
            return _runs.TryGetValue(id, out RunBuilder? run) ? run.View() : null;
        }
    }

    /// <summary>All runs as they are now, those that began first before the others.</summary>
    /// <returns>The open ones, and so many ended ones as <see cref="RealtimeClientOptions.KeepEndedRuns"/> says.</returns>
    public IReadOnlyList<RunView> ToList()
    {
        lock (_gate)
        {
            return [.. _runs.Values.Select(run => run.View())];
        }
    }

    /// <returns>Whether it changed the run.</returns>
    internal bool Apply(AgentEvent e, EventId from)
    {
        if (e.RunId is not { } id || e is CustomEvent)
        {
            return false;
        }

        lock (_gate)
        {
            if (_runs.TryGetValue(id, out RunBuilder? run) && run.Applied.SameEpoch(e.Id) && from.Sequence <= run.Applied.Sequence)
            {
                // A range that is known in part cannot be cut by the client: rather a gap that is told than text twice.
                if (e.Id.Sequence > run.Applied.Sequence)
                {
                    run.MarkIncomplete();
                }

                return false;
            }

            bool starts = e is AgentStarted;
            if (run is null || starts)
            {
                run = new RunBuilder(new RunView(id) { ThreadId = e.ThreadId, Agent = e.Agent });
                _runs[id] = run;
                _suspects.Remove(id); // that was the one before
                if (_open?.Contains(id) == false)
                {
                    _suspects.Add(id); // one that ended before the welcome may be replayed without its end, when only that was delivered
                }
            }

            if (!starts && run.Applied.IsEmpty)
            {
                run.MarkIncomplete(); // its beginning never came
            }

            run.Apply(e);
            if (run.Status != RunStatus.Running)
            {
                TrimLocked();
            }

            return true;
        }
    }

    /// <summary>The server says which runs are open.</summary>
    /// <remarks>Resumed, every event that is missing follows, so what is shown stays. Else the replay of the open runs brings each again from its
    /// first retained event: such a run is cleared and built anew, because appending to what is shown would double its text. (A start
    /// that replays less only marks it incomplete.) A run that is shown as open but not open there ends within the replay, or was
    /// interrupted: <see cref="EndReplay"/> decides. Runs begun after this welcome are not in it and must not be suspected.</remarks>
    internal IReadOnlyList<RunId> Begin(WelcomeMessage welcome, bool replaysOpenRuns, EventFilter filter, EventFilter askedFor)
    {
        lock (_gate)
        {
            HashSet<RunId> open = [.. welcome.OpenRuns.Select(run => run.RunId)];
            _open = open;
            _suspects.Clear();
            foreach ((RunId id, RunBuilder run) in _runs)
            {
                if (run.Status != RunStatus.Running || open.Contains(id))
                {
                    continue;
                }

                if (!welcome.Resumed)
                {
                    run.MarkIncomplete();
                }

                if (filter.Passes(run.Run.ThreadId, id) && askedFor.Passes(run.Run.ThreadId, id))
                {
                    _suspects.Add(id);
                }
            }

            bool rebuilds = !welcome.Resumed && replaysOpenRuns;
            foreach (OpenRunSummary entry in welcome.OpenRuns)
            {
                RunBuilder? shown = _runs.GetValueOrDefault(entry.RunId);
                if ((shown is null || rebuilds) && filter.Passes(entry.ThreadId, entry.RunId))
                {
                    _runs[entry.RunId] = new RunBuilder(new RunView(entry.RunId)
                    {
                        ThreadId = entry.ThreadId,
                        Agent = entry.Agent,
                        IsComplete = rebuilds && entry.Complete,
                        StartedAt = shown?.Run.StartedAt,
                        Message = shown?.Run.Message,
                    });
                }
                else if (!welcome.Resumed)
                {
                    shown?.MarkIncomplete();
                }
            }

            return [.. _runs.Keys];
        }
    }

    /// <returns>The runs that turned out to be interrupted.</returns>
    internal IReadOnlyList<RunId> EndReplay()
    {
        lock (_gate)
        {
            RunId[] lost = [.. _suspects.Where(id => _runs.GetValueOrDefault(id)?.Status == RunStatus.Running)];
            _suspects.Clear();
            _open = null;
            InterruptLocked(lost);
            return lost;
        }
    }

    /// <summary>A live connection lost events.</summary>
    /// <param name="alive">The runs that may have more of them: of any other the end was among what was lost. Null: the server does not say.</param>
    /// <returns>The runs that it concerns.</returns>
    internal IReadOnlyList<RunId> Reset(IReadOnlyList<RunId>? alive)
    {
        lock (_gate)
        {
            IReadOnlyList<RunId> open = Doubt(null);
            InterruptLocked(alive is null ? [] : [.. open.Except(alive)]);
            return open;
        }
    }

    /// <summary>Events were lost: nothing that is still open can be whole.</summary>
    /// <param name="only">The run that they were of; null for all.</param>
    internal IReadOnlyList<RunId> Doubt(RunId? only)
    {
        lock (_gate)
        {
            RunId[] open = [.. _runs.Where(run => run.Value.Status == RunStatus.Running && (only is null || only == run.Key)).Select(run => run.Key)];
            foreach (RunId id in open)
            {
                _runs[id].MarkIncomplete();
            }

            return open;
        }
    }

    internal void Clear()
    {
        lock (_gate)
        {
            _runs.Clear();
            _suspects.Clear();
            _open = null;
        }
    }

    private void InterruptLocked(RunId[] lost)
    {
        foreach (RunId id in lost)
        {
            _runs[id].Interrupt();
        }

        TrimLocked();
    }

    // Open runs stay, however many; of the ended ones the newest.
    private void TrimLocked()
    {
        int tooMany = _runs.Values.Count(run => run.Status != RunStatus.Running) - _keepEnded;
        for (int i = 0; i < _runs.Count && tooMany > 0;)
        {
            if (_runs.GetAt(i).Value.Status == RunStatus.Running)
            {
                i++;
                continue;
            }

            _runs.RemoveAt(i);
            tooMany--;
        }
    }
}
