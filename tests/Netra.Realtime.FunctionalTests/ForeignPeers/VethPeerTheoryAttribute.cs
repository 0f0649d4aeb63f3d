using Netra.Realtime.FunctionalTests.Fixtures;

namespace Netra.Realtime.FunctionalTests.ForeignPeers;

/// <summary>A theory that needs the client of Python in a network namespace.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class VethPeerTheoryAttribute : TheoryAttribute
{
    public VethPeerTheoryAttribute() => Skip = VethLine.Missing ?? PeerTools.MissingPython;
}
