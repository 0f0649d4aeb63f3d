using System.Net.Sockets;

namespace Netra.Realtime.FunctionalTests.Transports;

public sealed class FramedServerOverSocketTests : FramedOverSocketTests
{
    protected override bool IsServer => true;
}

public sealed class FramedClientOverSocketTests : FramedOverSocketTests
{
    protected override bool IsServer => false;
}

public abstract class FramedOverSocketTests : FramedTransportTests
{
    protected override async Task<Line> OpenAsync()
    {
        (Socket own, Socket peer) = await LoopbackSockets.ConnectAsync();
        return new Line(new NetworkStream(own, ownsSocket: true), new NetworkStream(peer, ownsSocket: true), peer.Dispose);
    }
}
