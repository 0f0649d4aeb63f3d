using Netra.Realtime.Protocol;

namespace Netra.Realtime.StressTests.Recordings;

/// <summary>One thing that a client library tells its application.</summary>
internal abstract record Told;

/// <summary>An event, to be handled.</summary>
internal sealed record ToldEvent(AgentEvent Event) : Told;

/// <summary>Events were lost: load your state again.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Head">What had been emitted at that moment: the first that came after it cannot be among what was lost.</param>
internal sealed record ToldReset(string Reason, EventId Head) : Told;

/// <summary>A run that was open ended without a terminal event.</summary>
internal sealed record ToldInterrupted(string Run) : Told;
