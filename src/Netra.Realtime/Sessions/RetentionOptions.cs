namespace Netra.Realtime.Sessions;

/// <summary>How much of its events each user's log keeps, and for how long. What is trimmed can no longer be resumed over.</summary>
public sealed class RetentionOptions
{
    /// <summary>Events of one user; a stretch of text of one part, at most 16 KiB, counts as one. Default 1,000, at least 10.</summary>
    public int MaxEvents { get; set; } = 1_000;

    /// <summary>Bytes of one user's events, encoded, with 16 for each event and each delta. Default 256 KiB, at least twice <c>Limits.MaxEventBytes</c>.</summary>
    public int MaxBytes { get; set; } = 256 * 1024;

    /// <summary>Age of an event; never trims from the start of the oldest open run on. Default 180 s, from 1 s to 7 days.</summary>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromSeconds(180);

    /// <summary>Memory of the blocks of all logs together. Above it the largest log of a user without connections is dropped first, then the
    /// largest, until an eighth is free again. See also <c>Degradation.LogBudgetToRefuse</c>. Default 256 MiB, at least <see cref="MaxBytes"/>.</summary>
    public long TotalBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>How long a user without connections and open runs keeps a log. Default 180 s, from 1 s to 7 days.</summary>
    public TimeSpan RetiredFor { get; set; } = TimeSpan.FromSeconds(180);

    /// <summary>How many such users there may be; the bound is the larger of this and <c>Limits.MaxConnections</c>. Default 500, from 3 to 1,000,000, which
    /// also bounds what <c>Limits.MaxConnections</c> makes of it.</summary>
    public int MaxRetired { get; set; } = 500;

    // The memory for so many is taken at the start.
    internal const int MostRetired = 1_000_000;
}
