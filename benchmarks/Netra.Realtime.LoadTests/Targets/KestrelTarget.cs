using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Netra.Realtime.LoadTests.Targets;

/// <summary>The framework's own WebSocket, as an application would use it at its best: index by user, serialize once into a reused buffer.</summary>
internal sealed class KestrelTarget : Target
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<KestrelPeer, bool>> _users = new(StringComparer.Ordinal);
    private string[] _names = [];
    private ArrayBufferWriter<byte> _buffer = new(1024);
    private Utf8JsonWriter? _json;

    public override void AddTo(WebApplicationBuilder builder)
    {
        // Kestrel is all that it needs.
    }

    public override void MapTo(WebApplication app) => app.Map("/ws", async (HttpContext http) =>
    {
        string user = http.Request.Query["user"].ToString();
        using WebSocket socket = await http.WebSockets.AcceptWebSocketAsync();
        KestrelPeer peer = new(socket);
        ConcurrentDictionary<KestrelPeer, bool> peers = _users.GetOrAdd(user, _ => new());
        peers[peer] = true;
        peer.TrySend("""{"type":"welcome"}"""u8.ToArray());
        try
        {
            await SocketDrain.RunAsync(socket, http.RequestAborted);
        }
        finally
        {
            peers.TryRemove(peer, out _);
        }
    });

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

    public override Task WhenWrittenAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_users.Values.SelectMany(peers => peers.Keys).Select(peer => peer.WhenWrittenAsync())).WaitAsync(cancellationToken);

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
        if (!_users.TryGetValue(user, out ConcurrentDictionary<KestrelPeer, bool>? peers))
        {
            return;
        }

        foreach ((KestrelPeer peer, _) in peers)
        {
            if (!peer.TrySend(message))
            {
                _buffer = new ArrayBufferWriter<byte>(1024); // the peer reads the old one until its write ends
            }
        }
    }
}
