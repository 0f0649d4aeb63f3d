using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Feed;

/// <summary>A live connection lost events.</summary>
/// <param name="Reset">What the server says.</param>
/// <param name="Generation">Of the events from here on.</param>
internal sealed record ResetItem(ResetMessage Reset, int Generation) : FeedItem;
