using System.Text;
using System.Text.Json;
using Netra.Realtime.Protocol;
using Netra.Realtime.StressTests.Sockets;
using Netra.Realtime.TestSupport;
using Netra.Realtime.TestSupport.JavaScript;

namespace Netra.Realtime.StressTests.Recordings;

/// <summary>The JavaScript client in Node.</summary>
internal sealed class JavaScriptFollower : IAsyncDisposable
{
    // A line that stalls is given up after the heartbeat's timeout on this clock.
    private const int Speed = 20;

    private readonly JavaScriptClient _client;
    private readonly Story _story;
    private readonly Task _following;
    private volatile bool _isDisposed;

    private JavaScriptFollower(JavaScriptClient client, Story story)
    {
        (_client, _story) = (client, story);
        _following = FollowAsync();
    }

    public static Task<IAsyncDisposable> StartAsync(Uri address, UserId user, EventId from, Story story)
    {
        JavaScriptClient client = JavaScriptClient.Start(new
        {
            url = address,
            headers = new Dictionary<string, string> { [SocketServer.UserHeader] = user.Value },
            lastEventId = from.ToString(),
            random = 0,
            speed = Speed,
            keepEndedRuns = 10_000,
        });
        return Task.FromResult<IAsyncDisposable>(new JavaScriptFollower(client, story));
    }

    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        await _client.DisposeAsync();
        await _following.OrFail();
    }

    private async Task FollowAsync()
    {
        try
        {
            while (!_isDisposed)
            {
                Take(await _client.NextAsync());
            }
        }
        catch (Exception) when (_isDisposed)
        {
            // Its process was ended.
        }
        catch (Exception e) // whatever it is: the test has to hear of it
        {
            _story.Fail(e);
        }
    }

    private void Take(JsonElement line)
    {
        switch (line.GetProperty("on").GetString())
        {
            case "event":
                _story.Handle((AgentEvent)ServerMessageReader.Read(Encoding.UTF8.GetBytes(line.GetRawText()))!); // as on the wire
                break;
            case "reset":
                _story.Reset(line.GetProperty("reason").GetString()!);
                break;
            case "interrupted":
                _story.Interrupt(line.GetProperty("runId").GetString()!);
                break;
            case "state" when line.GetProperty("state").GetString() == "closed":
                throw new InvalidOperationException($"It stays away: {line}");
        }
    }
}
