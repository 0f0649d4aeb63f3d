using Netra.Realtime.Client.Connections;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Feed;

/// <summary>A connection begins.</summary>
/// <param name="Welcome">What the server says.</param>
/// <param name="Filter">What is to be let through.</param>
/// <param name="AskedFor">What the server let through when it wrote the welcome.</param>
/// <param name="Generation">Of the events from here on.</param>
internal sealed record WelcomeItem(WelcomeMessage Welcome, EventFilter Filter, EventFilter AskedFor, int Generation) : FeedItem;
