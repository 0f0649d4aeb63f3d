namespace Netra.Realtime.FunctionalTests.ForeignPeers;

/// <summary>npm's <c>ws</c>.</summary>
public sealed class NodeWsTests : ForeignPeerTests
{
    protected override PeerProcess StartPeer() => PeerProcess.Start(PeerTools.Node, "peer.mjs");
}
