using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.StressTests.Races;

/// <summary>One emitted event, and the promise that its emitter got.</summary>
internal sealed record RaceEvent(EventId Id, string Identity, DeliveryClass Class, Task<DeliveryOutcome> Outcome);
