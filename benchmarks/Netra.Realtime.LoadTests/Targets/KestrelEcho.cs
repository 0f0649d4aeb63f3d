using System.Buffers;
using System.Net.WebSockets;

namespace Netra.Realtime.LoadTests.Targets;

/// <summary>Sends back what comes, piece by piece: whatever the length of a message, it holds one buffer, and none while nothing comes.</summary>
internal static class KestrelEcho
{
    private const int BufferBytes = 16 * 1024;

    public static async Task RunAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        try
        {
            long length = 0;
            while (true)
            {
                ValueWebSocketReceiveResult read = await socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken);
                byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
                try
                {
                    if (read is { EndOfMessage: false } && read.MessageType != WebSocketMessageType.Close)
                    {
                        read = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                    }

                    if (read.MessageType == WebSocketMessageType.Close)
                    {
                        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
                        return;
                    }

                    length += read.Count;
                    if (length > Target.MaxEchoBytes)
                    {
                        await socket.CloseAsync(WebSocketCloseStatus.MessageTooBig, null, cancellationToken);
                        return;
                    }

                    await socket.SendAsync(buffer.AsMemory(0, read.Count), read.MessageType, read.EndOfMessage, cancellationToken);
                    length = read.EndOfMessage ? 0 : length;
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The peer left without a word.
        }
    }
}
