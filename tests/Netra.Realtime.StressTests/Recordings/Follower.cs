using Netra.Realtime.Protocol;

namespace Netra.Realtime.StressTests.Recordings;

/// <summary>Starts a client library that follows one user until it is disposed of, and lets it tell a story.</summary>
/// <param name="address">Where the endpoint is; the user stands in the header of the tests.</param>
/// <param name="user">Who it is.</param>
/// <param name="from">What it has handled last.</param>
/// <param name="story">What it tells.</param>
internal delegate Task<IAsyncDisposable> Follower(Uri address, UserId user, EventId from, Story story);
