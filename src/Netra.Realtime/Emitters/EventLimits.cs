namespace Netra.Realtime.Emitters;

/// <summary>The sizes that an event is cut to, taken once from the options.</summary>
internal sealed record EventLimits
{
    public required int MaxEventBytes { get; init; }

    public required int MaxToolInputChars { get; init; }

    public required int MaxToolOutputChars { get; init; }

    public required int MaxErrorChars { get; init; }

    public TimeSpan MaxRunSilence { get; init; } = Timeout.InfiniteTimeSpan;
}
