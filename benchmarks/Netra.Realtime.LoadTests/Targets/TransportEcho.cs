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
        try
        {
            CloseReason reason = await EchoAsync(transport, batch, cancellationToken);
            if (reason != CloseReason.Abnormal)
            {
                await FlushAsync(transport, batch); // what came before the end was right
                await transport.CloseAsync(reason.Code, reason.Reason);
                await transport.DrainAsync(cancellationToken);
            }
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

    private static async Task<CloseReason> EchoAsync(IWebSocketTransport transport, MessageBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                ValueTask<ReceivedMessage> receive = transport.ReceiveAsync(Target.MaxEchoBytes, cancellationToken);
                if (!receive.IsCompleted || batch.TotalBytes >= BatchBytes)
                {
                    await FlushAsync(transport, batch);
                }

                ReceivedMessage message = await receive;
                switch (message.Kind)
                {
                    case ReceivedKind.Text or ReceivedKind.Binary:
                        await AddAsync(transport, batch, message);
                        break;
                    case ReceivedKind.Close:
                        return CloseReason.Normal;
                    case ReceivedKind.Ended:
                        return CloseReason.Abnormal;
                }
            }
        }
        catch (RealtimeProtocolException e)
        {
            return e.CloseReason;
        }
    }

    private static async ValueTask AddAsync(IWebSocketTransport transport, MessageBatch batch, ReceivedMessage message)
    {
        bool isBinary = message.Kind == ReceivedKind.Binary;
        if (batch.Count > 0 && batch.IsBinary != isBinary)
        {
            await FlushAsync(transport, batch);
        }

        batch.IsBinary = isBinary;
        message.Payload.CopyTo(batch.Reserve((int)message.Payload.Length)[MessageBatch.HeaderRoomBytes..]);
        batch.Commit((int)message.Payload.Length);
    }

    private static async ValueTask FlushAsync(IWebSocketTransport transport, MessageBatch batch)
    {
        await transport.WriteAsync(batch);
        batch.Clear();
    }
}
