using Netra.Realtime.Protocol;

namespace Netra.Realtime.Emitters;

/// <summary>Makes emitters, each for one user. Safe to call concurrently.</summary>
public sealed class EventEmitterFactory
{
    private readonly EventWriter _writer;

    internal EventEmitterFactory(EventWriter writer) => _writer = writer;

    /// <summary>An emitter for the events of one user.</summary>
    /// <param name="user">The user; an emitter never reaches anybody else.</param>
    /// <param name="thread">The conversation that its events belong to, or null.</param>
    /// <returns>A light object: make one when it is needed, or keep it; it stays valid while the user comes and goes.</returns>
    /// <exception cref="ArgumentException">The user is <c>default</c>, which is nobody.</exception>
    public UserEventEmitter CreateFor(UserId user, ThreadId? thread = null)
    {
        if (user == default)
        {
            throw new ArgumentException("An emitter is for a user.", nameof(user));
        }

        return new UserEventEmitter(_writer, user, thread);
    }
}
