using Netra.Realtime.Sessions;

namespace Netra.Realtime.TestHost;

/// <summary>Counts what nobody received.</summary>
internal sealed class CountingHandler(HandledCount count) : IUndeliveredEventHandler
{
    public Task HandleAsync(UndeliveredEvents events)
    {
        string user = events.User.Value;
        count.OfUsers[user] = count.OfUsers.GetValueOrDefault(user) + events.Events.Count; // one call at a time
        return Task.CompletedTask;
    }
}
