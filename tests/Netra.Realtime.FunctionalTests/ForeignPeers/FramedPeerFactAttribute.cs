using Netra.Realtime.FunctionalTests.Fixtures;

namespace Netra.Realtime.FunctionalTests.ForeignPeers;

/// <summary>A <see cref="FramedFactAttribute"/> that needs the client of Python.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FramedPeerFactAttribute : FactAttribute
{
    public FramedPeerFactAttribute() => Skip = FramedFactAttribute.Missing ?? PeerTools.MissingPython;
}
