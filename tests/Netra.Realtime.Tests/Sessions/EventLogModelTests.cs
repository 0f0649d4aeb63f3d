using System.Text;
using CsCheck;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Sessions;

/// <summary>Random programs over a log and several cursors, compared with a plain list of what was emitted.</summary>
public sealed partial class EventLogModelTests
{
    private static readonly Gen<(int Kind, int A, int B)> Step = Gen.Select(Gen.Int[0, 24], Gen.Int[0, 1_000], Gen.Int[0, 1_000]);

    [Fact]
    public void Log_RandomProgramInAWideWindow_EveryCursorGetsEachMatchingEventExactlyOnce()
    {
        Step.Array[1, 150].Sample(program => new Program(new LogHarness(maxBytes: 4 * 1024 * 1024), isWide: true).Run(program), iter: LongTests.Times(60, 20_000), threads: 1);
    }

    [Theory]
    [InlineData(12, 256 * 1024)]
    [InlineData(1_000, 3_000)]
    public void Log_RandomProgramInANarrowWindow_OnlyAResetEverHidesAnything(int maxEvents, int maxBytes)
    {
        Step.Array[1, 200].Sample(
            program => new Program(new LogHarness(maxEvents, maxBytes, maxEventBytes: 4096), isWide: false).Run(program), iter: LongTests.Times(60, 20_000), threads: 1);
    }

    private sealed record Emitted(long Sequence, string Thread, string? Run, string Type, string Content, DeliveryClass Class, string? Key)
    {
        public required DateTimeOffset At { get; init; }

        public required Task<DeliveryOutcome> Outcome { get; init; }

        public bool IsSuperseded { get; set; }

        public bool IsDelivered { get; set; }
    }

    private sealed class Reader(TestCursor cursor)
    {
        public TestCursor Cursor => cursor;

        public EventFilter Filter { get; set; } = cursor.Filter;

        // Up to here everything was seen, or hidden for a reason.
        public long Position { get; set; } = cursor.Next - 1;

        // Where the client stands if the flush fails.
        public long PositionBeforeFlush { get; set; }

        public bool IsFlushing { get; set; }

        public List<Emitted> InFlight { get; } = [];

        public long ReplayEnd { get; } = cursor.Result!.Head.Sequence;

        // Not null: up to the replay's end only what is undelivered or of these runs.
        public HashSet<string>? ReplayRuns { get; init; }

        public bool ResetPending { get; set; }

        public bool Overrun { get; set; }
    }

    private sealed partial class Program(LogHarness log, bool isWide)
    {
        private readonly List<Emitted> _emitted = [];
        private readonly List<Reader> _readers = [];
        private readonly List<(RunEmitter Run, string Thread)> _runs = [];
        private readonly Dictionary<RunEmitter, List<ToolCall>> _calls = [];
        private long _text;
        private int _names;

        private UserSession Session => log.Session;

        public void Run((int Kind, int A, int B)[] steps)
        {
            foreach ((int kind, int a, int b) in steps)
            {
                Do(kind, a, b);
                Check();
                Assert.True(Session.Log.EntryCount <= log.Settings.MaxEvents && Session.Log.Bytes <= Math.Max(log.Settings.MaxBytes, 4096 + 2048));
            }
            foreach (Reader reader in _readers.ToArray())
            {
                Read(reader, all: true);
            }
            foreach (Reader reader in _readers)
            {
                Read(reader, all: true);
                Assert.Equal(0, reader.Cursor.PendingBytes);
                Assert.Equal(0, reader.Cursor.InFlightBytes);
            }
            Evict(flushed: true);
        }

        private void Do(int kind, int a, int b)
        {
            switch (kind)
            {
                case 0:
                    if (_runs.Count < 4)
                    {
                        string thread = $"t-{a % 2}";
                        RunEmitter run = log.StartRun($"r-{++_names}", thread);
                        _runs.Add((run, thread));
                        _calls[run] = [];
                        Note(run.Started, thread, run.RunId.Value, "agent_started", "");
                    }
                    break;
                case 1 or 2 or 3 or 4 or 5 or 6 or 7 when _runs.Count > 0:
                    (RunEmitter speaker, string speakerThread) = _runs[a % _runs.Count];
                    string text = b % 50 == 0 ? new string('y', 2_500) : $"[{_text++}\"é\U0001F600\n]";
                    bool thinks = b % 7 == 0;
                    Note(thinks ? speaker.Think(text) : speaker.Respond(text), speakerThread, speaker.RunId.Value, thinks ? "agent_thinking" : "agent_responding", text);
                    break;
                case 8:
                    NoteEvent(log.Emitter($"t-{a % 2}").Emit("step", b), $"t-{a % 2}", null, "step", b, DeliveryClass.MustDeliver, null);
                    break;
                case 9:
                    NoteEvent(log.Emitter($"t-{a % 2}").Emit("state", b, EmitOptions.Latest($"{b % 2}")), $"t-{a % 2}", null, "state", b, DeliveryClass.Latest, $"t-{a % 2}/{b % 2}");
                    break;
                case 10:
                    NoteEvent(log.Emitter($"t-{a % 2}").Emit("typing", b, EmitOptions.Volatile), $"t-{a % 2}", null, "typing", b, DeliveryClass.Volatile, null);
                    break;
                case 11 when _runs.Count > 0:
                    (RunEmitter worker, string workerThread) = _runs[a % _runs.Count];
                    Tool(worker, workerThread, b);
                    break;
                case 12 when _runs.Count > 0 && a % 3 == 0:
                    EndRun(b % _runs.Count);
                    break;
                case 13 when _readers.Count < 5:
                    Attach(a, b);
                    break;
                case 14 when _readers.Count > 0:
                    Read(_readers[a % _readers.Count], all: true);
                    Reader subscriber = _readers[a % _readers.Count];
                    Read(subscriber, all: true);
                    subscriber.Filter = FilterOf(b);
                    subscriber.Cursor.Subscribe(subscriber.Filter);
                    break;
                case 15 when _readers.Count > 0:
                    Fail(_readers[a % _readers.Count]);
                    break;
                case 16 when _readers.Count > 0:
                    BeginFlush(_readers[a % _readers.Count]);
                    break;
                case 17 or 18 or 19 when _readers.Count > 0:
                    Read(_readers[a % _readers.Count], all: b % 2 == 0);
                    break;
                case 20:
                    log.Time.Advance(TimeSpan.FromMilliseconds(a * 250));
                    Session.Expire();
                    Expire();
                    break;
                case 21 when a % 8 == 0:
                    Session.DropLog();
                    _tail = _emitted.Count + 1;
                    break;
                case 22 when _readers.Count > 0:
                    Leave(_readers[a % _readers.Count]);
                    break;
                case 23 when _leaving.Count > 0:
                    EndLeft(_leaving[a % _leaving.Count], flushed: b % 2 == 0);
                    break;
                case 24 when a % 8 == 0:
                    Evict(flushed: b % 2 == 0);
                    break;
            }
        }

        private void EndRun(int index)
        {
            (RunEmitter ended, string thread) = _runs[index];
            foreach (ToolCall call in _calls[ended])
            {
                End(call, ended, thread);
            }
            _runs.RemoveAt(index);
            Note(ended.Complete(), thread, ended.RunId.Value, "agent_completed", "");
        }

        private void Tool(RunEmitter run, string thread, int b)
        {
            List<ToolCall> calls = _calls[run];
            if (calls.Count == 0 || b % 4 == 0)
            {
                ToolCall call = run.ExecuteTool("tool", b);
                Note(call.Started, thread, run.RunId.Value, "tool_executing", call.CallId.Value);
                calls.Add(call);
            }
            else if (b % 4 == 1)
            {
                ToolCall call = calls[b % calls.Count];
                calls.Remove(call);
                End(call, run, thread);
            }
            else
            {
                ToolCall call = calls[b % calls.Count];
                NoteEvent(call.Progress(b), thread, run.RunId.Value, "tool_progress", call.CallId.Value, DeliveryClass.Latest, call.CallId.Value);
            }
        }

        private void End(ToolCall call, RunEmitter run, string thread)
        {
            EmitResult result = call.Complete();
            Supersede(call.CallId.Value);
            Note(result, thread, run.RunId.Value, "tool_completed", call.CallId.Value);
        }

        private void Attach(int a, int b)
        {
            Expire();
            EventFilter filter = FilterOf(b);
            long head = _emitted.Count;
            if (a % 3 == 0)
            {
                ReplayStart start = (ReplayStart)(b / 4 % 3);
                TestCursor fresh = log.Attach(start: start, filter: filter);
                Reader reader = new(fresh) { ReplayRuns = start == ReplayStart.Live ? null : OpenRunsOf(filter, start) };
                Assert.Equal(FirstFor(reader, start), fresh.Next);
                _readers.Add(reader);
                return;
            }
            long from = a % (head + 3);
            TestCursor cursor = log.Attach(Session.Log.Head.At(from).ToString(), ReplayStart.Live, filter);
            bool valid = from >= _tail - 1 && from <= head;
            Assert.Equal(valid, cursor.Result!.Resumed);
            Assert.Equal(valid ? null : from > head ? ResetReason.Invalid : ResetReason.TooOld, cursor.Result.Reset);
            _readers.Add(new Reader(cursor));
        }

        // The flush fails: the connection is gone, and whoever comes back with the last id it handled misses nothing.
        private void Fail(Reader reader)
        {
            if (!reader.IsFlushing)
            {
                Begin(reader);
            }
            EndFlush(reader, flushed: false);
            reader.Position = reader.PositionBeforeFlush;
            Reconnect(reader);
        }

        private void Reconnect(Reader reader)
        {
            log.Detach(reader.Cursor);
            Expire();
            bool valid = reader.Position >= _tail - 1;
            TestCursor again = log.Attach(Session.Log.Head.At(reader.Position).ToString(), ReplayStart.Live, reader.Filter);
            Assert.Equal(valid, again.Result!.Resumed);
            _readers[_readers.IndexOf(reader)] = new Reader(again);
        }

        // The peer takes its time: what happens meanwhile happens to a log that is being read.
        private void BeginFlush(Reader reader)
        {
            EndFlush(reader);
            if (reader.Overrun)
            {
                Reconnect(reader);
                return;
            }
            Begin(reader);
        }

        private void Begin(Reader reader)
        {
            reader.PositionBeforeFlush = reader.Position;
            List<byte[]> messages = reader.Cursor.BeginRead();
            Assert.Equal(reader.ResetPending, messages.Count > 0 && ServerMessageReader.Read(messages[0]) is ResetMessage);
            reader.ResetPending = false;
            foreach (byte[] message in messages)
            {
                Receive(reader, ServerMessageReader.Read(message)!);
            }
            if (reader.Cursor.LastOutcome == ReadOutcome.AtHead)
            {
                Pass(reader, _emitted.Count);
            }
            reader.IsFlushing = true;
        }

        private void Read(Reader reader, bool all)
        {
            EndFlush(reader);
            if (reader.Overrun)
            {
                // Closed with 4408: it comes back to whatever is still there.
                Reconnect(reader);
                return;
            }
            do
            {
                Begin(reader);
                EndFlush(reader);
            }
            while (all && reader.Cursor.LastOutcome == ReadOutcome.More);
        }

        private void Receive(Reader reader, ServerMessage message)
        {
            switch (message)
            {
                case ResetMessage reset:
                    Assert.True(reset.LastEventId.Sequence >= reader.Position);
                    Assert.Contains(_emitted, e => e.Sequence > reader.Position && e.Sequence <= reset.LastEventId.Sequence && Matches(reader, e) && e.Class != DeliveryClass.Volatile);
                    reader.Position = reset.LastEventId.Sequence;
                    break;
                case CursorMessage cursor:
                    Pass(reader, cursor.Id.Sequence);
                    break;
                case AgentEvent received:
                    long first = received.First?.Sequence ?? received.Id.Sequence;
                    Pass(reader, first - 1);
                    List<Emitted> covered = [.. _emitted.Where(e => e.Sequence >= first && e.Sequence <= received.Id.Sequence && Visible(reader, e))];
                    Assert.NotEmpty(covered);
                    Assert.Equal(received.Id.Sequence, covered[^1].Sequence);
                    Assert.All(covered, e => Assert.Equal((received.Type, received.RunId?.Value, received.ThreadId?.Value), (e.Type, e.Run, e.Thread)));
                    Assert.True(covered.Count == 1 || received is AgentThinking or AgentResponding);
                    Assert.Equal(string.Concat(covered.Select(e => e.Content)), Content(received));
                    reader.InFlight.AddRange(covered);
                    Assert.True(Encoding.UTF8.GetByteCount(Content(received)) <= 16 * 1024);
                    reader.Position = received.Id.Sequence;
                    break;
            }
        }

        // Everything up to here that has not come was not to come.
        private void Pass(Reader reader, long to)
        {
            Assert.DoesNotContain(_emitted, e => e.Sequence > reader.Position && e.Sequence <= to && Visible(reader, e));
            reader.Position = Math.Max(reader.Position, to);
        }

        private bool Visible(Reader reader, Emitted e) =>
            e.Sequence >= _tail && Matches(reader, e) && !e.IsSuperseded && !IsHiddenFromReplay(reader, e) && (e.Class != DeliveryClass.Volatile || e.Sequence == _emitted[^1].Sequence);

        private static bool Matches(Reader reader, Emitted e) =>
            reader.Filter.Matches(new ThreadId(e.Thread), e.Run is null ? null : new RunId(e.Run));

        private void NoteEvent(EmitResult result, string thread, string? run, string type, object content, DeliveryClass deliveryClass, string? key)
        {
            if (key is not null)
            {
                Supersede(key);
            }
            Note(result, thread, run, type, content.ToString()!, deliveryClass, key);
        }

        private void Note(
            EmitResult result, string thread, string? run, string type, string content, DeliveryClass deliveryClass = DeliveryClass.MustDeliver, string? key = null)
        {
            Assert.Equal(_emitted.Count + 1, result.EventId.Sequence);
            RunId? runId = run is null ? null : new RunId(run);
            Assert.Equal(_readers.Count(reader => reader.Filter.Matches(new ThreadId(thread), runId)), result.Connections);
            if (_emitted.Count > 0 && _emitted[^1] is { Class: DeliveryClass.Volatile } passed && passed.Sequence >= _tail)
            {
                _superseded++;
            }
            _emitted.Add(new Emitted(result.EventId.Sequence, thread, run, type, content, deliveryClass, key)
            {
                At = log.Time.GetUtcNow(),
                Outcome = Session.WhenDelivered(result.EventId),
            });
            Check(appended: true);
        }

        private void Supersede(string key)
        {
            foreach (Emitted older in _emitted.Where(e => e.Key == key && e.Sequence >= _tail && !e.IsSuperseded))
            {
                older.IsSuperseded = true;
                _superseded++;
            }
        }

        private static string Content(AgentEvent received) => received switch
        {
            AgentThinking text => text.Delta,
            AgentResponding text => text.Delta,
            ToolExecuting tool => tool.CallId.Value,
            ToolProgress tool => tool.CallId.Value,
            ToolCompleted tool => tool.CallId.Value,
            CustomEvent custom => custom.Payload.ToString(),
            _ => "",
        };

        private EventFilter FilterOf(int b) => (b % 4) switch
        {
            0 => EventFilter.All,
            1 => LogHarness.Threads("t-0"),
            2 => LogHarness.Threads("t-1"),
            _ => LogHarness.Runs($"r-{Math.Max(1, _names)}"),
        };
    }
}
