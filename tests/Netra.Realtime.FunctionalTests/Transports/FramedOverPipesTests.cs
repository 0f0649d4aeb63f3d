using System.IO.Pipelines;

namespace Netra.Realtime.FunctionalTests.Transports;

public sealed class FramedServerOverPipesTests : FramedOverPipesTests
{
    protected override bool IsServer => true;
}

public sealed class FramedClientOverPipesTests : FramedOverPipesTests
{
    protected override bool IsServer => false;
}

public abstract class FramedOverPipesTests : FramedTransportTests
{
    // As much as a socket takes of a peer that does not read.
    private static readonly PipeOptions Options = new(pauseWriterThreshold: 1024 * 1024, resumeWriterThreshold: 512 * 1024);

    protected override Task<Line> OpenAsync()
    {
        Pipe there = new(Options);
        Pipe back = new(Options);
        PipesStream peer = new(there.Reader, back.Writer);
        return Task.FromResult(new Line(new PipesStream(back.Reader, there.Writer), peer, peer.Dispose));
    }
}
