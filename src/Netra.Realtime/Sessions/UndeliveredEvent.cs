using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>A copy of an event that left its log without having reached any connection: its owner's stamp, and the message.</summary>
internal sealed record UndeliveredEvent(UserId User, ThreadId? Thread, RunId? Run, UndeliveredReason Reason, byte[] StampedMessage);
