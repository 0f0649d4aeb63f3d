using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Sessions;

public sealed class EventLogAcknowledgementTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly LogHarness _log = new(maxEvents: 10);

    [Fact]
    public async Task WhenAcknowledged_ClientSaysSo_Completes()
    {
        TestCursor cursor = _log.Attach(client: "tab");
        EventId first = Emit();
        EventId second = Emit();
        Task<AcknowledgementOutcome> outcome = Ask(second);

        cursor.ReadAll();
        Assert.True(cursor.TryAcknowledge(first));
        Assert.False(outcome.IsCompleted);

        Assert.True(cursor.TryAcknowledge(second));
        Assert.Equal(AcknowledgementOutcome.Acknowledged, await outcome.OrFail());
    }

    [Fact]
    public async Task WhenAcknowledged_AskedAfterTheEventWasSent_TheNextAcknowledgementCounts()
    {
        TestCursor cursor = _log.Attach(client: "tab");
        EventId id = Emit();
        cursor.ReadAll();
        Task<AcknowledgementOutcome> outcome = Ask(id);
        Assert.False(outcome.IsCompleted);

        Assert.True(cursor.TryAcknowledge(id));

        Assert.Equal(AcknowledgementOutcome.Acknowledged, await outcome.OrFail());
        Assert.Equal(AcknowledgementOutcome.Acknowledged, await Ask(id).OrFail()); // known at once
    }

    [Fact]
    public async Task WhenAcknowledged_OnlyReadersThatNeverDid_IsAnsweredAtOnce()
    {
        TestCursor reader = _log.Attach();

        Assert.Equal(AcknowledgementOutcome.NoAcknowledgingClient, await Ask(Emit()).OrFail());

        // From its first acknowledgement on it is no mere reader.
        reader.ReadAll();
        Assert.True(reader.TryAcknowledge(Emit(read: reader)));
        EventId next = Emit();
        Task<AcknowledgementOutcome> outcome = Ask(next);
        Assert.False(outcome.IsCompleted);
        reader.ReadAll();
        Assert.True(reader.TryAcknowledge(next));
        Assert.Equal(AcknowledgementOutcome.Acknowledged, await outcome.OrFail());
    }

    [Fact]
    public async Task WhenAcknowledged_NobodyConnected_WaitsForWhoComes()
    {
        EventId id = Emit();
        Task<AcknowledgementOutcome> outcome = Ask(id);
        Assert.False(outcome.IsCompleted);

        TestCursor cursor = _log.Attach(client: "tab");
        cursor.ReadAll();
        Assert.True(cursor.TryAcknowledge(id));

        Assert.Equal(AcknowledgementOutcome.Acknowledged, await outcome.OrFail());
    }

    [Fact]
    public async Task WhenAcknowledged_NobodySaysSoInTime_IsNotAcknowledgedAndNothingIsKept()
    {
        _log.Attach(client: "tab").ReadAll();
        EventId id = Emit();
        Task<AcknowledgementOutcome> one = Ask(id);
        Task<AcknowledgementOutcome> other = _log.Emitter().WhenAcknowledgedAsync(id, 2 * Limit);

        _log.Time.Advance(Limit);
        Assert.Equal(AcknowledgementOutcome.NotAcknowledged, await one.OrFail());
        Assert.False(other.IsCompleted);
        Assert.Equal(1, Waiting());

        _log.Time.Advance(Limit);
        Assert.Equal(AcknowledgementOutcome.NotAcknowledged, await other.OrFail());
        Assert.Equal(0, Waiting());
    }

    [Fact]
    public async Task WhenDelivered_EvictedWhileItIsFlushed_TheFlushSays()
    {
        TestCursor cursor = _log.Attach();
        cursor.ReadAll();
        EventId id = Emit();
        UserSession session = _log.Session;
        Task<DeliveryOutcome> delivered = session.WhenDelivered(id);
        cursor.BeginRead();
        _log.Detach(cursor);

        Assert.True(session.TryEvict(TimeSpan.Zero, out _));
        Assert.False(delivered.IsCompleted);
        cursor.EndRead();

        Assert.Equal(DeliveryOutcome.Delivered, await delivered.OrFail());
    }

    [Fact]
    public async Task WhenAcknowledged_GivenUp_ThrowsAndNothingIsKept()
    {
        using CancellationTokenSource given = new();
        Task<AcknowledgementOutcome> outcome = _log.Emitter().WhenAcknowledgedAsync(Emit(), Limit, given.Token);

        await given.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => outcome.OrFail());
        Assert.Equal(0, Waiting());
    }

    [Fact]
    public async Task WhenAcknowledged_ByAClientWhoseFilterHidIt_DoesNotCount()
    {
        TestCursor other = _log.Attach(client: "other", filter: LogHarness.Threads("t-2"));
        TestCursor tab = _log.Attach(client: "tab");
        EventId id = Emit("t-1");
        Task<AcknowledgementOutcome> outcome = Ask(id);
        EventId later = Emit("t-2");
        other.ReadAll();
        tab.ReadAll();

        Assert.True(other.TryAcknowledge(later));
        Assert.False(outcome.IsCompleted);

        Assert.True(tab.TryAcknowledge(later));
        Assert.Equal(AcknowledgementOutcome.Acknowledged, await outcome.OrFail());
    }

    [Fact]
    public void WhenAcknowledged_ByAClientThatSubscribedToItOnlyLater_DoesNotCount()
    {
        TestCursor cursor = _log.Attach(client: "tab", filter: LogHarness.Threads("t-2"));
        EventId hidden = Emit("t-1");
        EventId shown = Emit("t-2");
        cursor.ReadAll();
        cursor.Subscribe(EventFilter.All);

        Task<AcknowledgementOutcome> outcome = Ask(hidden);
        Assert.True(cursor.TryAcknowledge(shown));

        Assert.False(outcome.IsCompleted);
    }

    [Fact]
    public void WhenAcknowledged_ByAClientThatBeganAfterIt_DoesNotCount()
    {
        _log.Attach(client: "first").ReadAll();
        EventId before = Emit();
        TestCursor late = _log.Attach(start: ReplayStart.Live, client: "late");
        Task<AcknowledgementOutcome> outcome = Ask(before);
        EventId after = Emit(read: late);

        Assert.True(late.TryAcknowledge(after));

        Assert.False(outcome.IsCompleted);
    }

    [Fact]
    public async Task WhenAcknowledged_ClientLostItsConnectionBetween_ItsNextOneCounts()
    {
        TestCursor cursor = _log.Attach(client: "tab");
        EventId id = Emit();
        Task<AcknowledgementOutcome> outcome = Ask(id);
        cursor.ReadAll();
        _log.Detach(cursor);

        TestCursor back = _log.Attach(lastEventId: id.ToString(), client: "tab");
        back.ReadAll();
        Assert.True(back.TryAcknowledge(id));

        Assert.Equal(AcknowledgementOutcome.Acknowledged, await outcome.OrFail());
    }

    [Fact]
    public void WhenAcknowledged_ClientBeganAnewWithoutIt_DoesNotCount()
    {
        TestCursor cursor = _log.Attach(client: "tab");
        EventId id = Emit();
        Task<AcknowledgementOutcome> outcome = Ask(id);
        cursor.BeginRead(); // and the line is dead
        _log.Detach(cursor);
        cursor.EndRead(flushed: false);

        TestCursor reloaded = _log.Attach(start: ReplayStart.Live, client: "tab");
        Assert.True(reloaded.TryAcknowledge(Emit(read: reloaded)));

        Assert.False(outcome.IsCompleted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhenAcknowledged_LeavesTheLogUnread_IsNotDelivered(bool whileInFlight)
    {
        TestCursor cursor = _log.Attach(client: "tab");
        cursor.ReadAll();
        Task<AcknowledgementOutcome> outcome = Ask(Emit());
        if (whileInFlight)
        {
            cursor.BeginRead();
        }

        Emit(times: 10);
        if (whileInFlight)
        {
            Assert.False(outcome.IsCompleted);
            cursor.EndRead(flushed: false);
        }

        Assert.Equal(AcknowledgementOutcome.NotDelivered, await outcome.OrFail());
    }

    [Fact]
    public async Task WhenAcknowledged_SentAndThenTrimmed_MayStillBeAcknowledged()
    {
        TestCursor cursor = _log.Attach(client: "tab");
        EventId id = Emit(read: cursor);
        Task<AcknowledgementOutcome> outcome = Ask(id);
        for (int i = 0; i < 10; i++)
        {
            Emit(read: cursor);
        }

        Assert.Equal(AcknowledgementOutcome.Unknown, await Ask(id).OrFail()); // asked too late
        Assert.True(cursor.TryAcknowledge(id));
        Assert.Equal(AcknowledgementOutcome.Acknowledged, await outcome.OrFail());
    }

    [Fact]
    public async Task WhenAcknowledged_Superseded_IsNotDelivered()
    {
        EventId old = _log.Emitter().Emit("state", 1, EmitOptions.Latest("k")).EventId;
        Task<AcknowledgementOutcome> outcome = Ask(old);

        _log.Emitter().Emit("state", 2, EmitOptions.Latest("k"));

        Assert.Equal(AcknowledgementOutcome.NotDelivered, await outcome.OrFail());
        Assert.Equal(AcknowledgementOutcome.NotDelivered, await Ask(old).OrFail());
    }

    [Fact]
    public async Task WhenAcknowledged_SessionIsEvicted_IsNotAcknowledged()
    {
        TestCursor cursor = _log.Attach(client: "tab");
        EventId id = Emit(read: cursor);
        Task<AcknowledgementOutcome> outcome = _log.Emitter().WhenAcknowledgedAsync(id, TimeSpan.FromDays(1));
        _log.Detach(cursor);

        _log.Time.Advance(TimeSpan.FromSeconds(180));
        _log.Sessions.Sweep();

        Assert.Equal(AcknowledgementOutcome.NotAcknowledged, await outcome.OrFail());
    }

    [Fact]
    public async Task WhenAcknowledged_IdOfNoEventHere_IsUnknown()
    {
        EventId id = Emit();

        Assert.Equal(AcknowledgementOutcome.Unknown, await Ask(id.At(2)).OrFail());
        Assert.Equal(AcknowledgementOutcome.Unknown, await Ask(EventId.NewEpoch().At(1)).OrFail());
        Assert.Equal(AcknowledgementOutcome.Unknown, await _log.Emitters.CreateFor(UserId.Create("nobody")).WhenAcknowledgedAsync(id, Limit).OrFail());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(86_400_001)]
    public async Task WhenAcknowledged_LimitOutOfItsRange_IsRefused(int milliseconds) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => _log.Emitter().WhenAcknowledgedAsync(Emit(), TimeSpan.FromMilliseconds(milliseconds))).OrFail();

    private Task<AcknowledgementOutcome> Ask(EventId id) => _log.Emitter().WhenAcknowledgedAsync(id, Limit);

    private EventId Emit(string? thread = null, TestCursor? read = null, int times = 1)
    {
        EventId id = default;
        for (int i = 0; i < times; i++)
        {
            id = _log.Emitter(thread).Emit("note", i).EventId;
        }

        read?.ReadAll();
        return id;
    }

    private int Waiting()
    {
        lock (_log.Session.Gate)
        {
            return _log.Session.Log.AcknowledgementsWaitedForLocked;
        }
    }
}
