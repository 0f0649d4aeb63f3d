using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Sessions;

/// <content>What the model knows of time, of flushes and of what became of each event.</content>
public sealed partial class EventLogModelTests
{
    private sealed partial class Program
    {
        private readonly List<Reader> _leaving = []; // detached while their last flush is under way
        private long _tail = 1;
        private long _checkedTail = 1;
        private long _superseded;
        private int _resets;
        private int _overruns;

        private LogCounters Counters => log.Sessions.Pool.Counters;

        // After every operation. What is not volatile is either still to come or settled, in one way and for good.
        private void Check(bool appended = false)
        {
            long tail = Session.Log.Tail;
            Assert.True(appended && !isWide ? tail >= _tail : tail == _tail, $"The tail is {tail}, not {_tail}.");
            _tail = tail;
            CheckReaders();
            HashSet<Emitted> inFlight = [.. _readers.Concat(_leaving).SelectMany(reader => reader.InFlight)];
            long lost = 0;
            foreach (Emitted e in _emitted.Where(e => e.Class != DeliveryClass.Volatile))
            {
                bool waits = !e.IsDelivered && ((e.Sequence >= _tail && !e.IsSuperseded) || inFlight.Contains(e));
                TaskStatus status = waits ? TaskStatus.WaitingForActivation : TaskStatus.RanToCompletion;
                if (e.Outcome.Status != status)
                {
                    Assert.Fail($"{e.Sequence} {e.Type} is {e.Outcome.Status}.");
                }
                if (!waits)
                {
                    DeliveryOutcome outcome = e.Outcome.GetAwaiter().GetResult();
                    if (outcome != (e.IsDelivered ? DeliveryOutcome.Delivered : DeliveryOutcome.NotDelivered))
                    {
                        Assert.Fail($"{e.Sequence} {e.Type} was {outcome}.");
                    }
                    lost += e.IsDelivered || e.IsSuperseded ? 0 : 1;
                }
            }
            Assert.Equal((lost, _superseded), (Counters.Undelivered, Counters.Superseded));
        }

        private void CheckReaders()
        {
            foreach (Reader reader in _readers)
            {
                bool loses = _emitted.Skip((int)_checkedTail - 1).Take((int)(_tail - _checkedTail)).Any(e => e.Sequence > reader.Position
                    && Matches(reader, e) && !e.IsSuperseded && e.Class != DeliveryClass.Volatile && !IsHiddenFromReplay(reader, e));
                if (loses && reader.Cursor.IsFlushing && !reader.Overrun)
                {
                    reader.Overrun = true;
                    _overruns++;
                }
                else if (loses && !reader.Cursor.IsFlushing && !reader.ResetPending)
                {
                    reader.ResetPending = true;
                    _resets++;
                }
                Assert.Equal((reader.ResetPending, reader.Overrun), (reader.Cursor.ResetPending, reader.Cursor.Overrun));
            }
            Assert.Equal((_resets, _overruns), (Counters.Resets, Counters.Overruns));
            _checkedTail = _tail;
        }

        private void EndFlush(Reader reader, bool flushed = true)
        {
            if (!reader.IsFlushing)
            {
                return;
            }
            reader.Cursor.EndRead(flushed);
            reader.IsFlushing = false;
            reader.InFlight.ForEach(e => e.IsDelivered |= flushed);
            reader.InFlight.Clear();
        }

        // The connection goes while its flush hangs: only the end of the flush says what became of the events.
        private void Leave(Reader reader)
        {
            if (!reader.IsFlushing)
            {
                BeginFlush(reader);
            }
            if (reader.IsFlushing)
            {
                log.Detach(reader.Cursor);
                _readers.Remove(reader);
                _leaving.Add(reader);
            }
        }

        private void EndLeft(Reader reader, bool flushed)
        {
            EndFlush(reader, flushed);
            _leaving.Remove(reader);
        }

        // Nobody is left and nothing runs: the log goes, whoever waited is told, and every block is given back.
        private void Evict(bool flushed)
        {
            while (_runs.Count > 0)
            {
                EndRun(0);
            }
            foreach (Reader reader in _readers.ToArray())
            {
                EndFlush(reader, flushed);
                log.Detach(reader.Cursor);
                _readers.Remove(reader);
                Check();
            }
            foreach (Reader reader in _leaving.ToArray())
            {
                EndLeft(reader, !flushed);
                Check();
            }
            log.Time.Advance(log.Settings.RetiredFor);
            log.Sessions.Sweep();
            Assert.Null(log.Sessions.Find(LogHarness.Alice));
            Assert.Equal(0, log.Sessions.Pool.BytesInUse);
            _tail = _emitted.Count + 1;
            Check();
        }

        private void Expire()
        {
            long oldestOpen = _runs.Count == 0 ? long.MaxValue : _runs.Min(run => run.Run.Started.EventId.Sequence);
            while (_tail <= _emitted.Count && _tail < oldestOpen && log.Time.GetUtcNow() - _emitted[(int)_tail - 1].At > log.Settings.MaxAge)
            {
                _tail++;
            }
        }

        private HashSet<string> OpenRunsOf(EventFilter filter, ReplayStart start) => start != ReplayStart.Open
            ? []
            : [.. _runs.Where(run => filter.Matches(new ThreadId(run.Thread), run.Run.RunId)).Select(run => run.Run.RunId.Value)];

        private long FirstFor(Reader reader, ReplayStart start)
        {
            if (start == ReplayStart.Live)
            {
                return _emitted.Count + 1;
            }
            IEnumerable<long> undelivered = _emitted.Where(e => e.Sequence >= _tail && !e.IsDelivered && !e.IsSuperseded && Matches(reader, e)
                && (e.Class != DeliveryClass.Volatile || e == _emitted[^1])).Select(e => e.Sequence);
            IEnumerable<long> open = _runs.Where(run => reader.ReplayRuns!.Contains(run.Run.RunId.Value))
                .Select(run => Math.Max(_tail, run.Run.Started.EventId.Sequence));
            return undelivered.Concat(open).Append(_emitted.Count + 1).Min();
        }

        private static bool IsHiddenFromReplay(Reader reader, Emitted e) =>
            reader.ReplayRuns is not null && e.Sequence <= reader.ReplayEnd && e.IsDelivered && !(e.Run is not null && reader.ReplayRuns.Contains(e.Run));
    }
}
