namespace Netra.Realtime.FunctionalTests.Conformance;

/// <summary>What is sent to an echo, and what has to come back: messages and pongs as they were, and the code of the close.</summary>
/// <param name="Name">The rule.</param>
/// <param name="Sent">Frames; a client's close with 1000 follows them where no close is expected before it.</param>
/// <param name="Expected">Such as <c>text:hello</c>, <c>pong:</c>, <c>close:1002</c>.</param>
internal sealed record ConformanceCase(string Name, byte[] Sent, params string[] Expected)
{
    /// <summary>In how large pieces it is sent beside the whole: each byte by itself, where it is not too long for that.</summary>
    public int PieceBytes { get; init; } = 1;

    /// <summary>Whether only own framing has the freedom that it needs.</summary>
    public bool NeedsOwnFraming { get; init; }

    public bool BreaksARule => Expected.Any(outcome => outcome is not "close:1000" && outcome.StartsWith("close:", StringComparison.Ordinal));
}
