using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>Events of one run, or of none, that no connection of the user has received and none will.</summary>
/// <param name="User">The user.</param>
/// <param name="Thread">Their conversation, or null.</param>
/// <param name="Run">Their run, or null.</param>
/// <param name="Reason">How they left the log.</param>
/// <param name="Events">In the order in which they were emitted, sanitized as they would have been sent. Not text (<c>agent_thinking</c>,
/// <c>agent_responding</c>), and nothing that may be superseded or passed by.</param>
public sealed record UndeliveredEvents(UserId User, ThreadId? Thread, RunId? Run, UndeliveredReason Reason, IReadOnlyList<AgentEvent> Events);
