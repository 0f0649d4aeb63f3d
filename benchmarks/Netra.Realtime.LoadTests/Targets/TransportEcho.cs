using System.Buffers;
using System.Net.WebSockets;
using Netra.Realtime.Protocol;
using Netra.Realtime.Transports;

namespace Netra.Realtime.LoadTests.Targets;

/// <summary>Sends back what comes, through the library's own transport. What has come already leaves in one batch, as a connection would write it.</summary>
internal static class TransportEcho
{
    private const int BatchBytes = 16 * 1024;

    public static async Task RunAsync(IWebSocketTransport transport, CancellationToken cancellationToken)
    {
        MessageBatch batch = new();
        ValueTask<ReceivedMessage> receive = transport.ReceiveAsync(Target.MaxEchoBytes, cancellationToken);
        try
        {
            while (true)
            {
                ReceivedMessage message = await receive;
                if (message.Kind is not (ReceivedKind.Text or ReceivedKind.Binary))
                {
                    if (message.Kind == ReceivedKind.Close)
                    {
                        await transport.CloseAsync(CloseReason.Normal.Code, CloseReason.Normal.Reason);
                    }

                    return;
                }

                bool isBinary = message.Kind == ReceivedKind.Binary;
                if (batch.Count > 0 && batch.IsBinary != isBinary)
                {
                    await FlushAsync(transport, batch);
                }

                batch.IsBinary = isBinary;
                Add(batch, message.Payload);
                receive = transport.ReceiveAsync(Target.MaxEchoBytes, cancellationToken); // its payload is copied
                if (!receive.IsCompleted || batch.TotalBytes >= BatchBytes)
                {
                    await FlushAsync(transport, batch);
                }
            }
        }
        catch (RealtimeProtocolException e)
        {
            await transport.CloseAsync(e.CloseReason.Code, e.CloseReason.Reason);
            await transport.DrainAsync(cancellationToken);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException)
        {
            // The peer left without a word.
        }
        finally
        {
            batch.Clear();
        }
    }

    private static async ValueTask FlushAsync(IWebSocketTransport transport, MessageBatch batch)
    {
        await transport.WriteAsync(batch);
        batch.Clear();
    }

    private static void Add(MessageBatch batch, in ReadOnlySequence<byte> payload)
    {
        payload.CopyTo(batch.Reserve((int)payload.Length)[MessageBatch.HeaderRoomBytes..]);
        batch.Commit((int)payload.Length);
    }
}
