using System.Threading.Channels;
using Netra.Realtime.Connections;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Testing;

/// <summary>One line of a client, from the connect to its end.</summary>
internal sealed class InMemoryLine
{
    private volatile bool _isCut;

    public InMemoryLine(RealtimeConnections connections, ConnectionRequest request) => Served = ServeAsync(connections, request);

    public InMemoryTransport Transport { get; } = new();

    /// <summary>The server's side: over when it has given the line up, with the reason.</summary>
    public Task<CloseReason> Served { get; }

    /// <summary>What the server has written and nobody has read is lost.</summary>
    public void Cut()
    {
        _isCut = true;
        Transport.Cut();
    }

    public async Task<ServerMessage> ReadAsync(CancellationToken cancellationToken)
    {
        ChannelReader<byte[]> outbound = Transport.Outbound;
        while (!_isCut && await outbound.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!_isCut && outbound.TryRead(out byte[]? bytes) && ServerMessageReader.Read(bytes) is { } message)
            {
                return message;
            }
        }

        throw new ConnectionEndedException(await Served.WaitAsync(cancellationToken).ConfigureAwait(false));
    }

    private async Task<CloseReason> ServeAsync(RealtimeConnections connections, ConnectionRequest request)
    {
        Task answering = AnswerCloseAsync();
        try
        {
            return await connections.RunAsync(Transport, request).ConfigureAwait(false);
        }
        finally
        {
            await Transport.DisposeAsync().ConfigureAwait(false); // should it never have got there: nobody waits for a message then
            await answering.ConfigureAwait(false);
        }
    }

    private async Task AnswerCloseAsync()
    {
        await Transport.Closed.ConfigureAwait(false);
        Transport.ClientClose();
    }
}
