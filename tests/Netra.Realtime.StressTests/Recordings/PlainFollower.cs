using System.Buffers;
using System.Net.WebSockets;
using Netra.Realtime.Protocol;
using Netra.Realtime.StressTests.Sockets;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Recordings;

/// <summary>What the protocol asks of a client, and nothing else: the libraries have to tell what it tells.</summary>
internal sealed class PlainFollower : IAsyncDisposable
{
    // A line that says nothing for so long is given up; when it had nothing to say, that is one more cut.
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(300);

    // Nobody was there: a host that is about to start.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly CancellationTokenSource _disposed = new();
    private readonly HashSet<string> _open = [];
    private readonly Uri _address;
    private readonly UserId _user;
    private readonly Story _story;
    private readonly Task _following;
    private HashSet<string> _suspects = [];
    private EventId _replayEnd;
    private EventId _last;

    private PlainFollower(Uri address, UserId user, EventId from, Story story)
    {
        (_address, _user, _last, _story) = (address, user, from, story);
        _following = FollowAsync();
    }

    public static Task<IAsyncDisposable> StartAsync(Uri address, UserId user, EventId from, Story story) =>
        Task.FromResult<IAsyncDisposable>(new PlainFollower(address, user, from, story));

    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        await _following.OrFail();
        _disposed.Dispose();
    }

    private async Task FollowAsync()
    {
        try
        {
            while (true)
            {
                await FollowOneAsync();
                await Task.Delay(Pause, _disposed.Token);
            }
        }
        catch (OperationCanceledException) when (_disposed.IsCancellationRequested)
        {
            // Disposed.
        }
        catch (Exception e) // whatever it is: the test has to hear of it
        {
            _story.Fail(e);
        }
    }

    private async Task FollowOneAsync()
    {
        using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token);
        using ClientWebSocket socket = new();
        socket.Options.SetRequestHeader(SocketServer.UserHeader, _user.Value);
        ArrayBufferWriter<byte> message = new();
        try
        {
            silence.CancelAfter(Silence);
            await socket.ConnectAsync(new Uri($"{_address}?client=plain&last_event_id={_last}"), silence.Token);
            while (true)
            {
                silence.CancelAfter(Silence);
                ValueWebSocketReceiveResult received = await socket.ReceiveAsync(message.GetMemory(512), silence.Token);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                message.Advance(received.Count);
                if (received.EndOfMessage)
                {
                    Take(ServerMessageReader.Read(message.WrittenSpan)!); // a server sends nothing that its own reader does not know
                    message.ResetWrittenCount();
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            _disposed.Token.ThrowIfCancellationRequested();
        }
    }

    private void Take(ServerMessage message)
    {
        switch (message)
        {
            case WelcomeMessage welcome:
                _replayEnd = welcome.LastEventId;
                _suspects = [.. _open.Except(welcome.OpenRuns.Select(run => run.RunId.Value))];
                if (!welcome.Resumed)
                {
                    _story.Reset($"{welcome.Reset}"); // the position stays the old one: until there is a new one, events may be lost again
                }
                break;
            case AgentEvent next:
                _last = next.Id;
                _story.Handle(next);
                Note(next);
                Pass(next.Id, isBeyond: true);
                break;
            case CursorMessage cursor:
                _last = cursor.Id;
                Pass(cursor.Id, isBeyond: false);
                break;
            case ResetMessage reset:
                _last = reset.LastEventId;
                _story.Reset($"{reset.Reason}");
                Interrupt([.. _open.Except(reset.Runs!.Select(run => run.Value))]); // of its own accord a server says it
                break;
        }
    }

    private void Note(AgentEvent next)
    {
        if (next is AgentStarted)
        {
            _open.Add(next.RunId!.Value.Value); // events of a run have one
        }
        else if (next is AgentCompleted or AgentFailed)
        {
            _open.Remove(next.RunId!.Value.Value);
            _suspects.Remove(next.RunId!.Value.Value);
        }
    }

    // The replay is over: what should have ended by now, and has not, was interrupted.
    private void Pass(EventId id, bool isBeyond)
    {
        if (id.SameEpoch(_replayEnd) && id.Sequence >= _replayEnd.Sequence + (isBeyond ? 1 : 0))
        {
            HashSet<string> interrupted = _suspects;
            _suspects = [];
            Interrupt(interrupted);
        }
    }

    private void Interrupt(HashSet<string> runs)
    {
        foreach (string run in runs)
        {
            _open.Remove(run);
            _suspects.Remove(run);
            _story.Interrupt(run);
        }
    }
}
