using Netra.Realtime.Protocol;

namespace Netra.Realtime.StressTests.Places;

/// <summary>How many race for how many places. The other limit is out of reach, so that each refusal has one right reason.</summary>
internal sealed record PlaceRaceSize(int Users, int Connects, int PlacesOfUser, int PlacesInAll, CloseReason Refusal)
{
    public static PlaceRaceSize OneUser { get; } = new(1, 500, 3, 1_000, CloseReason.UserConnectionLimit);

    public static PlaceRaceSize ManyUsers { get; } = new(2_500, 5_000, 5_000, 100, CloseReason.TotalConnectionLimit);
}
