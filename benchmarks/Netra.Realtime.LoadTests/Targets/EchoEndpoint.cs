using System.Buffers;
using System.Net.WebSockets;

namespace Netra.Realtime.LoadTests.Targets;

/// <summary>The framework's own WebSocket, which echoes whole messages.</summary>
public static class EchoEndpoint
{
    private const int MaxMessageBytes = 16 * 1024 * 1024;

    public static async Task RunAsync(HttpContext http)
    {
        using WebSocket socket = await http.WebSockets.AcceptWebSocketAsync();
        ArrayBufferWriter<byte> message = new();
        while (true)
        {
            ValueWebSocketReceiveResult read = await socket.ReceiveAsync(message.GetMemory(4096), http.RequestAborted);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, http.RequestAborted);
                return;
            }

            message.Advance(read.Count);
            if (message.WrittenCount > MaxMessageBytes)
            {
                await socket.CloseAsync(WebSocketCloseStatus.MessageTooBig, null, http.RequestAborted);
                return;
            }

            if (read.EndOfMessage)
            {
                await socket.SendAsync(message.WrittenMemory, read.MessageType, true, http.RequestAborted);
                message.ResetWrittenCount();
            }
        }
    }

    /// <summary>Reads until the peer closes, and holds no buffer while nothing comes.</summary>
    public static async Task DrainAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult read = await socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken);
                if (read.MessageType != WebSocketMessageType.Close)
                {
                    byte[] buffer = ArrayPool<byte>.Shared.Rent(4096);
                    read = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                    ArrayPool<byte>.Shared.Return(buffer);
                }

                if (read.MessageType == WebSocketMessageType.Close)
                {
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
                    return;
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The peer left without a word.
        }
    }
}
