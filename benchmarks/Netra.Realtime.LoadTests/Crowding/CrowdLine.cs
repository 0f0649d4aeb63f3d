using Netra.Realtime.Testing;
using Netra.Realtime.Transports;

namespace Netra.Realtime.LoadTests.Crowding;

/// <summary>A kind of transport without a socket, and the peer at its other end.</summary>
/// <param name="Name">What a column of the table is called.</param>
/// <param name="Open">Makes one, whose peer answers pings and closes.</param>
/// <param name="Read">Reads what the server has written to one: so many messages.</param>
internal sealed record CrowdLine(string Name, Func<IWebSocketTransport> Open, Func<IWebSocketTransport, int> Read)
{
    public static readonly CrowdLine[] All =
    [
        new("bare", static () => new BareTransport(), static transport => ((BareTransport)transport).Written),
        new("in-memory", OpenInMemory, static transport => ReadInMemory((InMemoryTransport)transport)),
    ];

    private static InMemoryTransport OpenInMemory()
    {
        InMemoryTransport transport = new();
        _ = AnswerCloseAsync(transport); // ends with the transport
        return transport;
    }

    private static async Task AnswerCloseAsync(InMemoryTransport transport)
    {
        await transport.Closed;
        transport.ClientClose();
    }

    private static int ReadInMemory(InMemoryTransport transport)
    {
        int read = 0;
        while (transport.Outbound.TryRead(out _))
        {
            read++;
        }

        return read;
    }
}
