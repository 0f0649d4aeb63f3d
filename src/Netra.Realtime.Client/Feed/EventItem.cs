using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Feed;

/// <summary>An event that was not received before.</summary>
/// <param name="Event">The event.</param>
/// <param name="From">The first id that it covers.</param>
internal sealed record EventItem(AgentEvent Event, EventId From) : FeedItem;
