namespace Netra.Realtime.FunctionalTests.ForeignPeers;

/// <inheritdoc cref="PeerFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeerTheoryAttribute : TheoryAttribute
{
    public PeerTheoryAttribute() => Skip = PeerTools.Missing;
}
