namespace Netra.Realtime.FunctionalTests.ForeignPeers;

/// <summary>Python's <c>websockets</c>, as Debian has it.</summary>
public sealed class PythonWebsocketsTests : ForeignPeerTests
{
    protected override PeerProcess StartPeer() => PeerProcess.Start(PeerTools.Python, "peer.py");
}
