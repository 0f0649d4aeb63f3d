namespace Netra.Realtime.Sessions;

/// <summary>Gets each event that had to be delivered and was not, once: to store it, or to reach the user in another way.</summary>
/// <remarks>
/// Register it with <c>UseUndeliveredEventHandler</c>; it is made in a scope for each call. One call at a time for the whole host, so hand
/// on to a queue of your own what takes long: while more than 100,000 events or 64 MiB wait here, what comes is dropped and counted
/// (<c>netra.realtime.events.unhandled</c>). What it throws is logged, counted there too, and not repeated. The stop of the host waits for
/// it within <c>HostOptions.ShutdownTimeout</c>.
/// </remarks>
public interface IUndeliveredEventHandler
{
    /// <summary>Handles events of one run.</summary>
    /// <param name="events">What was not delivered. A run may come several times. What was being flushed comes when that has failed, which may be after later events: order by <c>Id</c> where it matters.</param>
    /// <returns>When they are handled.</returns>
    Task HandleAsync(UndeliveredEvents events);
}
