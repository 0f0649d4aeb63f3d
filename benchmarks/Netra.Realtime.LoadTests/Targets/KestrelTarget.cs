using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Netra.Realtime.LoadTests.Targets;

/// <summary>The framework's own WebSocket, as an application would use it at its best: index by user, serialize once into a reused buffer.</summary>
internal sealed class KestrelTarget : Target
{
    // An array is replaced, never changed: a send reads it without a lock, and an idle user costs little more than his socket.
    private readonly ConcurrentDictionary<string, KestrelPeer[]> _users = new(StringComparer.Ordinal);
    private static readonly byte[] Welcome = [.. """{"type":"welcome"}"""u8];
    private string[] _names = [];
    private ArrayBufferWriter<byte> _buffer = new(1024);
    private Utf8JsonWriter? _json;

    public override int Connections => _users.Values.Sum(peers => peers.Length);

    // Without a timeout it would send pongs, which nobody answers: it would notice no peer that has vanished.
    public override WebSocketOptions WebSockets => PingInterval is { } interval
        ? new WebSocketOptions { KeepAliveInterval = interval, KeepAliveTimeout = 3 * interval }
        : base.WebSockets;

    public override void AddTo(WebApplicationBuilder builder)
    {
        // Kestrel is all that it needs.
    }

    public override void MapTo(WebApplication app)
    {
        app.Map("/ws", ServeAsync);
        app.Map("/echo", async (HttpContext http) =>
        {
            using WebSocket socket = await http.WebSockets.AcceptWebSocketAsync();
            await KestrelEcho.RunAsync(socket, http.RequestAborted);
        });
    }

    public override void Prepare(string[] users) => _names = users;

    public override void Send(int user, Payload payload) =>
        Write(_names[user], Encode(new Envelope<Payload>("event", payload), PayloadJson.Default.EnvelopePayload));

    public override void SendDelta(int user, string delta) =>
        Write(_names[user], Encode(new Envelope<Delta>("agent_responding", new Delta(delta)), PayloadJson.Default.EnvelopeDelta));

    public override void Broadcast(Payload payload)
    {
        ReadOnlyMemory<byte> message = Encode(new Envelope<Payload>("event", payload), PayloadJson.Default.EnvelopePayload);
        foreach ((string user, _) in _users)
        {
            Write(user, message);
        }
    }

    public override Task WhenWrittenAsync(int users, CancellationToken cancellationToken)
    {
        // Without names it was a broadcast.
        IEnumerable<string> awaited = _names.Length == 0 ? _users.Keys : _names.Take(users);
        return Task.WhenAll(awaited.SelectMany(PeersOf).Select(peer => peer.WhenWrittenAsync())).WaitAsync(cancellationToken);
    }

    private IEnumerable<KestrelPeer> PeersOf(string user) =>
        _users.TryGetValue(user, out KestrelPeer[]? peers) ? peers : [];

    private async Task ServeAsync(HttpContext http)
    {
        string user = http.Request.Query["user"].ToString();
        using WebSocket socket = await http.WebSockets.AcceptWebSocketAsync();
        KestrelPeer peer = new(socket);
        _users.AddOrUpdate(user, static (_, added) => [added], static (_, peers, added) => [.. peers, added], peer);
        peer.TrySend(Welcome);
        try
        {
            await SocketDrain.RunAsync(socket, http.RequestAborted);
        }
        finally
        {
            Remove(user, peer);
        }
    }

    private void Remove(string user, KestrelPeer peer)
    {
        while (_users.TryGetValue(user, out KestrelPeer[]? peers))
        {
            KestrelPeer[] rest = [.. peers.Where(other => other != peer)];
            if (rest.Length == 0 ? _users.TryRemove(KeyValuePair.Create(user, peers)) : _users.TryUpdate(user, rest, peers))
            {
                return;
            }
        }
    }

    private ReadOnlyMemory<byte> Encode<T>(T message, JsonTypeInfo<T> typeInfo)
    {
        _buffer.ResetWrittenCount();
        _json ??= new Utf8JsonWriter(_buffer, new JsonWriterOptions { SkipValidation = true });
        _json.Reset(_buffer);
        JsonSerializer.Serialize(_json, message, typeInfo);
        return _buffer.WrittenMemory;
    }

    private void Write(string user, ReadOnlyMemory<byte> message)
    {
        if (!_users.TryGetValue(user, out KestrelPeer[]? peers))
        {
            return;
        }

        foreach (KestrelPeer peer in peers)
        {
            if (!peer.TrySend(message))
            {
                _buffer = new ArrayBufferWriter<byte>(1024); // the peer reads the old one until its write ends
            }
        }
    }
}
