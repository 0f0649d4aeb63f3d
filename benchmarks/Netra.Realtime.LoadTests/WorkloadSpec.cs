using System.Globalization;

namespace Netra.Realtime.LoadTests;

/// <summary>What is sent: in every round, <see cref="Each"/> events to each user. Server and driver share it, so the driver knows what must come.</summary>
/// <param name="Kind"><c>tput</c> (JSON events), <c>burst</c> (text deltas), <c>bcast</c> (one event for all), <c>paced</c> (JSON events at a rate).</param>
/// <param name="Users">How many users, each with one connection.</param>
/// <param name="Rounds">How many rounds.</param>
/// <param name="Each">Events per user and round.</param>
/// <param name="Size">Bytes of a payload.</param>
/// <param name="InScope">Whether a target that can defer its writes does so over the events of a user and round.</param>
/// <param name="Rate">Events a second over all users; only for <c>paced</c>.</param>
internal sealed record WorkloadSpec(string Kind, int Users, int Rounds, int Each, int Size, bool InScope = false, int Rate = 0)
{
    public static readonly string[] Names = ["push", "batch16", "stream", "burst", "bcast", "paced"];

    public long PerUser => (long)Rounds * Each;

    public long Total => PerUser * Users;

    public static WorkloadSpec Named(string name) => name switch
    {
        "push" => new("tput", 500, 400, 1, 300),
        "batch16" => new("tput", 500, 30, 16, 300, InScope: true),
        "stream" => new("burst", 100, 60, 50, 80),
        "burst" => new("burst", 100, 100, 50, 80, InScope: true),
        "bcast" => new("bcast", 500, 400, 1, 300),
        "paced" => new("paced", 500, 100, 1, 300, Rate: 20_000),
        _ => throw new ArgumentException($"There is no workload '{name}': {string.Join(", ", Names)}.", nameof(name)),
    };

    public static WorkloadSpec From(IQueryCollection query)
    {
        int Get(string key) => int.Parse(query[key].ToString(), NumberStyles.None, CultureInfo.InvariantCulture);
        return new(query["w"].ToString(), Get("users"), Get("rounds"), Get("each"), Get("size"), Get("scope") != 0, Get("rate"));
    }

    /// <summary>The same with fewer users and rounds: whether it works, not what it costs.</summary>
    public WorkloadSpec Quick() => this with { Users = 100, Rounds = 50 };

    public string ToQuery() =>
        string.Create(CultureInfo.InvariantCulture, $"w={Kind}&users={Users}&rounds={Rounds}&each={Each}&size={Size}&scope={(InScope ? 1 : 0)}&rate={Rate}");
}
