using System.Globalization;

namespace Netra.Realtime.LoadTests;

/// <summary>What <c>/start</c> sends. Server and driver share it, so the driver knows what must come.</summary>
/// <param name="Kind"><c>tput</c> (JSON events), <c>burst</c> (text deltas), <c>bcast</c> (one event for all), <c>paced</c> (JSON events at a rate).</param>
/// <param name="Users">How many users, each with one connection; for <c>bcast</c> only what the driver connects.</param>
/// <param name="Rounds">How many rounds; not for <c>paced</c>.</param>
/// <param name="Each">Events per user and round.</param>
/// <param name="Size">Bytes of a payload.</param>
/// <param name="InScope">Whether a target that can defer its writes does so over the events of a user and round.</param>
/// <param name="Rate">Events a second over all users; only for <c>paced</c>.</param>
/// <param name="Seconds">How long; only for <c>paced</c>.</param>
/// <param name="Awaited">The answer waits for what was sent to so many of the users; null for all. The others may be ones who never read.</param>
internal sealed record WorkloadSpec(
    string Kind, int Users, int Rounds, int Each, int Size, bool InScope = false, int Rate = 0, int Seconds = 0, int? Awaited = null)
{
    private const int MaxNumber = 10_000_000;

    /// <summary>Numbered from 0. What is paced has to divide, or the driver does not know what each user gets.</summary>
    public long PerUser => Kind == "paced" ? Total / Users : (long)Rounds * Each;

    public long Total => Kind == "paced" ? (long)Rate * Seconds : PerUser * Users;

    /// <exception cref="BadHttpRequestException">That is no workload.</exception>
    public static WorkloadSpec From(IQueryCollection query)
    {
        int Get(string key, int fallback) => !query.TryGetValue(key, out var given) ? fallback
            : int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value is > 0 and <= MaxNumber ? value
            : throw new BadHttpRequestException($"{key} is a number from 1 to {MaxNumber}.");
        int? awaited = query.ContainsKey("awaited") ? Get("awaited", 0) : null;
        return query["w"].ToString() switch
        {
            "tput" => Tput(Get("users", 1_000), Get("msgs", 300), Get("size", 300), Get("batch", 1)) with { Awaited = awaited },
            "burst" => new("burst", Get("users", 200), Get("bursts", 100), Get("burst", 50), Get("size", 80), InScope: query["scope"] != "0", Awaited: awaited),
            "bcast" => new("bcast", 0, Get("rounds", 50), 1, Get("size", 300)),
            "paced" => new("paced", Get("users", 2_000), 0, 1, Get("size", 300), Rate: Get("rate", 20_000), Seconds: Get("secs", 10), Awaited: awaited),
            _ => throw new BadHttpRequestException("w is tput, burst, bcast or paced."),
        };
    }

    public static WorkloadSpec Tput(int users, int rounds, int size, int batch = 1) => new("tput", users, rounds, batch, size, InScope: batch > 1);

    public string ToQuery()
    {
        FormattableString query = Kind switch
        {
            "tput" => $"w=tput&users={Users}&msgs={Rounds}&size={Size}&batch={Each}",
            "burst" => $"w=burst&users={Users}&bursts={Rounds}&burst={Each}&size={Size}&scope={(InScope ? 1 : 0)}",
            "bcast" => $"w=bcast&rounds={Rounds}&size={Size}",
            _ => $"w=paced&users={Users}&rate={Rate}&secs={Seconds}&size={Size}",
        };
        return query.ToString(CultureInfo.InvariantCulture) + (Awaited is { } awaited ? string.Create(CultureInfo.InvariantCulture, $"&awaited={awaited}") : "");
    }
}
