namespace Netra.Realtime.FunctionalTests.ForeignPeers;

/// <summary>A test that needs clients of others: skipped with the reason where one is missing, unless <c>NETRA_REQUIRE_PEERS=1</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeerFactAttribute : FactAttribute
{
    public PeerFactAttribute() => Skip = PeerTools.Missing;
}
