using Netra.Realtime.Protocol;

namespace Netra.Realtime.Connections;

/// <summary>What handles a type of client message: a handler of the application's, in turn and in a scope, or the library's own, at once.</summary>
internal sealed record ClientMessageRegistration(string Type)
{
    public ClientMessageHandler? Handler { get; init; }

    public Func<UserId, ApplicationMessage, ClientMessageAnswer>? Immediate { get; init; }
}
