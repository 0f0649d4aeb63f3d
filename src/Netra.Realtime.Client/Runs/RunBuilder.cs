using System.Text;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Runs;

/// <summary>Builds the view of one run from its events. Its owner's gate guards it.</summary>
internal sealed class RunBuilder(RunView start)
{
    private readonly List<RunEntry> _timeline = [];
    private readonly Dictionary<CallId, int> _tools = [];
    private readonly Dictionary<int, (int Index, StringBuilder Text)> _texts = [];

    // Texts that grew since the view was taken: a long answer is not copied for every delta of it.
    private readonly HashSet<int> _grown = [];
    private RunView _run = start;
    private bool _isStale;

    /// <summary>How far its events are in it; empty when none is.</summary>
    public EventId Applied { get; private set; }

    public RunStatus Status => _run.Status;

    public RunView Run => _run;

    /// <summary>The run as it is now; the same object until it changes.</summary>
    public RunView View()
    {
        foreach (int part in _grown)
        {
            (int index, StringBuilder text) = _texts[part];
            _timeline[index] = ((RunText)_timeline[index]) with { Text = text.ToString() };
        }

        _grown.Clear();
        if (_isStale)
        {
            _isStale = false;
            _run = _run with { Timeline = [.. _timeline] };
        }

        return _run;
    }

    public void MarkIncomplete() => _run = _run with { IsComplete = false };

    public void Interrupt()
    {
        _run = _run with { Status = RunStatus.Interrupted };
        foreach (int index in _tools.Values)
        {
            if (_timeline[index] is RunTool { Status: null } tool)
            {
                _timeline[index] = tool with { Status = ToolStatus.Failed, Error = new EventError("interrupted", "The run was interrupted.") };
                _isStale = true;
            }
        }
    }

    public void Apply(AgentEvent e)
    {
        Applied = e.Id;
        _run = _run with { Agent = _run.Agent ?? e.Agent };
        switch (e)
        {
            case AgentStarted started:
                Set(e, _run with { StartedAt = e.Timestamp, Message = started.Message, ParentRunId = started.ParentRunId });
                break;
            case AgentThinking thinking:
                Append(e, RunTextKind.Thinking, thinking.Part, thinking.Delta);
                break;
            case AgentResponding responding:
                Append(e, RunTextKind.Responding, responding.Part, responding.Delta);
                break;
            case ToolExecuting call:
                Change(e, call.CallId, tool => tool with { Tool = call.Tool, Input = call.Input });
                break;
            case ToolProgress progress:
                Change(e, progress.CallId, tool => tool with { Percent = progress.Percent, Progress = progress.Message });
                break;
            case ToolCompleted done:
                Change(e, done.CallId, tool => tool with
                {
                    Tool = done.Tool,
                    Status = done.Status,
                    Output = done.Output,
                    Error = done.Error,
                    Duration = Milliseconds(done.DurationMs),
                });
                break;
            case AgentCompleted done:
                Set(e, _run with
                {
                    Status = RunStatus.Completed,
                    EndedAt = e.Timestamp,
                    Duration = Milliseconds(done.DurationMs),
                    Result = done.Result,
                    Usage = done.Usage,
                });
                break;
            case AgentFailed failed:
                Set(e, _run with { Status = StatusOf(failed.Reason), EndedAt = e.Timestamp, Duration = Milliseconds(failed.DurationMs), Error = failed.Error });
                break;
        }
    }

    private static RunStatus StatusOf(FailureReason reason) => reason switch
    {
        FailureReason.Cancelled => RunStatus.Cancelled,
        FailureReason.TimedOut => RunStatus.TimedOut,
        FailureReason.Interrupted => RunStatus.Interrupted,
        _ => RunStatus.Failed,
    };

    // A peer may write any number: what no TimeSpan holds is the longest that one does.
    private static TimeSpan Milliseconds(long count) =>
        TimeSpan.FromMilliseconds(Math.Clamp(count, 0, (long)TimeSpan.MaxValue.TotalMilliseconds - 1));

    private static IReadOnlyDictionary<string, long>? Merge(IReadOnlyDictionary<string, long>? known, IReadOnlyDictionary<string, long>? more)
    {
        if (known is null || more is null)
        {
            return known ?? more;
        }

        Dictionary<string, long> both = new(known, StringComparer.Ordinal);
        foreach ((string field, long bytes) in more)
        {
            both[field] = bytes;
        }

        return both;
    }

    private void Set(AgentEvent e, RunView changed) => _run = changed with { Truncated = Merge(changed.Truncated, e.Truncated) };

    private void Append(AgentEvent e, RunTextKind kind, int part, string delta)
    {
        if (!_texts.TryGetValue(part, out (int Index, StringBuilder Text) known))
        {
            known = (_timeline.Count, new StringBuilder());
            _texts.Add(part, known);
            _timeline.Add(new RunText(kind, part, ""));
        }

        known.Text.Append(delta);
        _grown.Add(part);
        _isStale = true;
        Note(known.Index, e);
    }

    private void Change(AgentEvent e, CallId call, Func<RunTool, RunTool> change)
    {
        if (!_tools.TryGetValue(call, out int index))
        {
            index = _timeline.Count;
            _tools.Add(call, index);
            _timeline.Add(new RunTool(call));
        }

        _timeline[index] = change((RunTool)_timeline[index]);
        _isStale = true;
        Note(index, e);
    }

    private void Note(int index, AgentEvent e)
    {
        if (e.Truncated is not null)
        {
            _timeline[index] = _timeline[index] with { Truncated = Merge(_timeline[index].Truncated, e.Truncated) };
        }
    }
}
