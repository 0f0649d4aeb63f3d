using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;

namespace Netra.Realtime.LoadTests.Targets;

/// <summary>The loop that an application would write at its best: index by user, serialize once, reads of nothing.</summary>
public sealed class KestrelTarget : Target
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<Peer, bool>> _users = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, bool> _pending = new();

    public override void AddTo(WebApplicationBuilder builder)
    {
        // Kestrel is all that it needs.
    }

    public override void MapTo(WebApplication app) => app.Map("/ws", async (HttpContext http) =>
    {
        string user = http.Request.Query["user"].ToString();
        using WebSocket socket = await http.WebSockets.AcceptWebSocketAsync();
        Peer peer = new(socket);
        var peers = _users.GetOrAdd(user, _ => new());
        peers[peer] = true;
        try
        {
            await EchoEndpoint.DrainAsync(socket, http.RequestAborted);
        }
        finally
        {
            peers.TryRemove(peer, out _);
        }
    });

    public override void Send(string user, Payload payload) =>
        Write(user, JsonSerializer.SerializeToUtf8Bytes(new Envelope<Payload>("event", payload), PayloadJson.Default.EnvelopePayload));

    public override void SendBatch(string user, Payload[] payloads)
    {
        foreach (Payload payload in payloads)
        {
            Send(user, payload);
        }
    }

    public override void SendBurst(string user, string[] deltas)
    {
        foreach (string delta in deltas)
        {
            Write(user, JsonSerializer.SerializeToUtf8Bytes(new Envelope<Delta>("agent_responding", new Delta(delta)), PayloadJson.Default.EnvelopeDelta));
        }
    }

    public override void Broadcast(IReadOnlyList<string> users, Payload payload)
    {
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(new Envelope<Payload>("event", payload), PayloadJson.Default.EnvelopePayload);
        foreach (string user in _users.Keys)
        {
            Write(user, bytes);
        }
    }

    public override Task WhenWrittenAsync() => Task.WhenAll(_pending.Keys);

    private void Write(string user, byte[] bytes)
    {
        if (!_users.TryGetValue(user, out var peers))
        {
            return;
        }

        foreach (var (peer, _) in peers)
        {
            Task sent = peer.SendAsync(bytes);
            if (!sent.IsCompleted)
            {
                _pending[sent] = true;
                sent.ContinueWith(done => _pending.TryRemove(done, out bool _), TaskScheduler.Default);
            }
        }
    }

    private sealed class Peer(WebSocket socket)
    {
        private readonly SemaphoreSlim _turn = new(1, 1);

        public async Task SendAsync(byte[] bytes)
        {
            await _turn.WaitAsync();
            try
            {
                await socket.SendAsync(bytes.AsMemory(), WebSocketMessageType.Text, true, CancellationToken.None);
            }
            catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException)
            {
                // The peer is gone: its read loop ends it.
            }
            finally
            {
                _turn.Release();
            }
        }
    }
}
