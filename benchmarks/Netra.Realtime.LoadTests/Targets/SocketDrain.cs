using System.Buffers;
using System.Net.WebSockets;

namespace Netra.Realtime.LoadTests.Targets;

/// <summary>Reads a socket until its peer closes, and holds no buffer while nothing comes.</summary>
internal static class SocketDrain
{
    public static async Task RunAsync(WebSocket socket, CancellationToken cancellationToken)
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
