using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Transports;

namespace Netra.Realtime.FunctionalTests.Transports;

/// <summary>A transport and what stands at its other end.</summary>
public abstract class TransportPair : IAsyncDisposable
{
    public abstract IWebSocketTransport Transport { get; }

    public abstract Task SendAsync(byte[] message);

    public abstract Task SendBinaryAsync(byte[] message);

    public abstract Task CloseAsync(int code);

    /// <summary>Ends the line without a close frame.</summary>
    public abstract void Cut();

    /// <summary>From now on the peer does not read, and what is written waits.</summary>
    public abstract void StopReading();

    /// <summary>The next message at the peer; fails for the wrong kind, where the peer can tell.</summary>
    public abstract Task<byte[]> ReceiveAsync(bool isBinary = false);

    /// <summary>The close frame at the peer; read after the messages.</summary>
    public abstract Task<ClientClose> ReceiveCloseAsync();

    public abstract ValueTask DisposeAsync();
}
