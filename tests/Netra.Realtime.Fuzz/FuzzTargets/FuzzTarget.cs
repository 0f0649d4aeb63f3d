namespace Netra.Realtime.Fuzz.FuzzTargets;

/// <summary>A part of the library that reads what strangers send, and what always holds of it.</summary>
/// <param name="Name">What it is called on the command line; its folder in the corpus and its dictionary are named so too.</param>
/// <param name="Run">Runs it with one input. Whatever it throws is a finding.</param>
internal sealed record FuzzTarget(string Name, Action<byte[]> Run)
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("frames", FramesTarget.Run),
        new("handshake", HandshakeTarget.Run),
        new("messages", MessagesTarget.Run),
    ];

    public static FuzzTarget? Find(string? name) => All.FirstOrDefault(target => target.Name == name);
}
