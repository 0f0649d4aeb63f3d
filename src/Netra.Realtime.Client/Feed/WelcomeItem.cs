using Netra.Realtime.Client.Connections;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Feed;

/// <summary>A connection begins.</summary>
/// <param name="Welcome">What the server says.</param>
/// <param name="Filter">With what filter it was asked for.</param>
/// <param name="Generation">Of the events from here on.</param>
internal sealed record WelcomeItem(WelcomeMessage Welcome, EventFilter Filter, int Generation) : FeedItem;
