using System.Collections.Concurrent;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Cuts;

/// <summary>Everything that was emitted to one user, as its emitters were told: the model's only source.</summary>
/// <remarks>Emitters note from their threads; the rest is called while nobody emits.</remarks>
internal sealed class Journal
{
    private readonly ConcurrentQueue<Emission> _noted = new();
    private readonly ConcurrentQueue<string> _ofRoom = new();
    private readonly ConcurrentQueue<AgentEvent> _flushed = new();
    private readonly Dictionary<string, Emission> _states = [];
    private readonly Dictionary<EventId, int> _begins = []; // where in All an epoch begins
    private readonly Lock _gate = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];
    private int _count;

    public List<Emission> All { get; } = [];

    /// <summary>The newest id that was settled.</summary>
    public EventId Head { get; private set; }

    public int Count => Volatile.Read(ref _count);

    public void Note(Emission emission)
    {
        _noted.Enqueue(emission);
        lock (_gate)
        {
            _count++;
            _waiting.FindAll(waiting => waiting.Count <= _count).ForEach(waiting => waiting.Reached.TrySetResult());
            _waiting.RemoveAll(waiting => waiting.Count <= _count);
        }
    }

    /// <summary>Whoever emits to a room is told no ids. The log numbers without a gap, so that what nobody else was told is theirs.</summary>
    public void NoteOfRoom(string content) => _ofRoom.Enqueue(content);

    /// <summary>What was written to any line, whether its client handled it or not.</summary>
    public void NoteFlushed(AgentEvent written) => _flushed.Enqueue(written);

    /// <summary>When so many were noted.</summary>
    public Task ReachedAsync(int count)
    {
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_count >= count)
            {
                return Task.CompletedTask;
            }
            _waiting.Add((count, reached));
        }
        return reached.Task;
    }

    /// <summary>Puts in order what was noted, up to an event that is the last one so far.</summary>
    public void Settle(EventId head)
    {
        _begins.TryAdd(head.At(0), All.Count);
        Dictionary<long, Emission> noted = _noted.ToDictionary(emission => emission.Sequence);
        _noted.Clear();
        for (long sequence = head.SameEpoch(Head) ? Head.Sequence + 1 : 1; sequence <= head.Sequence; sequence++)
        {
            if (!noted.Remove(sequence, out Emission? emission))
            {
                Assert.True(_ofRoom.TryDequeue(out string? content), $"Nobody emitted {head.At(sequence)}.");
                emission = new Emission(new EmittedEvent(head.At(sequence), null, null, "room_note", 0, content));
            }
            if (emission.Supersedes is { } state && _states.Remove(state, out Emission? older))
            {
                older.IsSuperseded = true;
            }
            if (emission.StateOf is { } key)
            {
                _states[key] = emission;
            }
            All.Add(emission);
        }
        Assert.Empty(noted);
        Assert.Empty(_ofRoom);
        Head = head;
        while (_flushed.TryDequeue(out AgentEvent? written))
        {
            foreach (Emission emission in Between((written.First ?? written.Id).At((written.First ?? written.Id).Sequence - 1), written.Id))
            {
                emission.IsDelivered |= emission.What.IsPartOf(written);
            }
        }
    }

    /// <summary>What of an epoch stands after one id, up to another.</summary>
    public IEnumerable<Emission> Between(EventId after, EventId to)
    {
        int first = _begins.GetValueOrDefault(to.At(0)) + (int)after.Sequence;
        return All.Skip(first).Take((int)(to.Sequence - after.Sequence));
    }
}
