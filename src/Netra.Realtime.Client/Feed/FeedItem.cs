namespace Netra.Realtime.Client.Feed;

/// <summary>What waits in order between the socket and the application.</summary>
internal abstract record FeedItem;
