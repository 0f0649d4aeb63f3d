namespace Netra.Realtime.Sessions;

/// <summary>The numbers that a session works with, taken once from the options.</summary>
internal sealed record SessionSettings
{
    public required int MaxEvents { get; init; }

    public required int MaxBytes { get; init; }

    public required TimeSpan MaxAge { get; init; }

    public required long TotalBytes { get; init; }

    public required TimeSpan RetiredFor { get; init; }

    public required int MaxRetired { get; init; }

    public required int MaxOpenRuns { get; init; }

    public required int MaxRooms { get; init; }

    public ConnectionLimitPolicy WhenFull { get; init; }
}
