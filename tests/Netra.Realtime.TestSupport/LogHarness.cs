using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.TestSupport;

/// <summary>Logs, emitters and cursors without connections: every read and every flush is the test's own call.</summary>
internal sealed class LogHarness
{
    public static readonly UserId Alice = UserId.Create("alice");

    public LogHarness(
        int maxEvents = 1_000, int maxBytes = 256 * 1024, int maxRetired = 500, int maxEventBytes = 64 * 1024, int maxOpenRuns = 16)
    {
        Settings = new SessionSettings
        {
            MaxEvents = maxEvents,
            MaxBytes = maxBytes,
            MaxAge = TimeSpan.FromSeconds(180),
            TotalBytes = 256L * 1024 * 1024,
            RetiredFor = TimeSpan.FromSeconds(180),
            MaxRetired = maxRetired,
            MaxOpenRuns = maxOpenRuns,
            MaxRooms = 100,
        };
        Sessions = new SessionDirectory(Settings, Time);
        EventLimits limits = new() { MaxEventBytes = maxEventBytes, MaxToolInputChars = 2_000, MaxToolOutputChars = 10_000, MaxErrorChars = 300 };
        JsonSerializerOptions json = new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        };
        Writer = new EventWriter(Sessions, limits, json, Time);
        Emitters = new EventEmitterFactory(Writer, Rooms);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 10, 15, 30, 123, TimeSpan.Zero));

    public SessionSettings Settings { get; }

    public SessionDirectory Sessions { get; }

    public EventWriter Writer { get; }

    public EventEmitterFactory Emitters { get; }

    public RoomDirectory Rooms { get; } = new();

    public ConnectionCounter Places { get; } = new(10_000);

    public UserSession Session => Sessions.GetOrAdd(Alice);

    public UserEventEmitter Emitter(string? thread = null) => Emitters.CreateFor(Alice, thread is null ? null : new ThreadId(thread));

    public RunEmitter StartRun(string id = "r-1", string? thread = "t-1", string agent = "researcher") =>
        Emitter(thread).StartRun(agent, new RunStart { RunId = new RunId(id) });

    public TestCursor Attach(string? lastEventId = null, ReplayStart start = ReplayStart.Open, EventFilter? filter = null, string? client = null)
    {
        TestCursor cursor = new(Session) { Filter = filter ?? EventFilter.All, OwnerStamp = Sessions.StampOf(Alice), Client = client is null ? null : new ClientId(client) };
        cursor.Result = Session.Connect(cursor, lastEventId, start, 1_000, Places);
        return cursor;
    }

    public void Detach(TestCursor cursor)
    {
        UserSession session = Session;
        session.Disconnect(cursor, Places);
        Sessions.NoteIfRetired(session);
    }

    public static EventFilter Threads(params string[] threads) => new(threads.Select(thread => new ThreadId(thread)).ToHashSet(), null);

    public static EventFilter Runs(params string[] runs) => new(null, runs.Select(run => new RunId(run)).ToHashSet());

    /// <summary>The epoch of an id that differs each time, made the same each time.</summary>
    public string Normalize(byte[] message) =>
        System.Text.Encoding.UTF8.GetString(message).Replace(Session.Log.Head.Epoch + "-", "k3v9x2-", StringComparison.Ordinal);
}
