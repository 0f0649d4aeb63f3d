using Netra.Realtime.Protocol;

namespace Netra.Realtime.StressTests.Recordings;

/// <summary>What a client library told its application, in order.</summary>
/// <param name="head">The newest event that was emitted.</param>
internal sealed class Story(Func<EventId> head)
{
    // _gate guards all of it: the client tells from its thread, the test waits on its own.
    private readonly Lock _gate = new();
    private readonly List<Told> _told = [];
    private readonly List<ToldReset> _resets = []; // those of _told
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _failure;

    public IReadOnlyList<Told> Told
    {
        get
        {
            lock (_gate)
            {
                return [.. _told];
            }
        }
    }

    public void Handle(AgentEvent received) => Add(new ToldEvent(received));

    public void Reset(string reason) => Add(new ToldReset(reason, head()));

    public void Interrupt(string run) => Add(new ToldInterrupted(run));

    /// <summary>The client has given up, which nothing here is a reason for.</summary>
    public void Fail(Exception failure)
    {
        TaskCompletionSource next;
        lock (_gate)
        {
            _failure ??= failure;
            next = _next;
        }
        next.TrySetResult();
    }

    /// <summary>Waits for an event, which comes unless it was lost: then a reset is told after it was emitted.</summary>
    /// <returns>Whether it has come.</returns>
    public async Task<bool> HandledAsync(EventId id)
    {
        for (int seen = 0; ;)
        {
            Task next;
            lock (_gate)
            {
                if (_failure is not null)
                {
                    throw new InvalidOperationException($"The client gave up after {_told.Count}: {_told.LastOrDefault()}", _failure);
                }
                for (; seen < _told.Count; seen++)
                {
                    if (_told[seen] is ToldEvent told && told.Event.Id == id)
                    {
                        return true;
                    }
                }
                if (_resets.Exists(reset => reset.Head.SameEpoch(id) && reset.Head.Sequence >= id.Sequence))
                {
                    return false;
                }
                next = _next.Task;
            }
            await next;
        }
    }

    private void Add(Told told)
    {
        TaskCompletionSource next;
        lock (_gate)
        {
            _told.Add(told);
            if (told is ToldReset reset)
            {
                _resets.Add(reset);
            }
            (next, _next) = (_next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        next.TrySetResult();
    }
}
