using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>What a server holds for the connections of its only user.</summary>
internal sealed record Holdings(int Places, int Connections, int InWheel, int Cursors)
{
    public static readonly Holdings None = new(0, 0, 0, 0);

    public static readonly Holdings One = new(1, 1, 1, 1);

    public static Holdings Of(RealtimeServer server, string user)
    {
        UserSession session = server.Services.GetRequiredService<SessionDirectory>().Find(UserId.Create(user))!; // it has connected
        lock (session.Gate)
        {
            return new(server.Registry.Places.Taken, server.Registry.Count, server.Registry.Wheel.Count, session.Log.CursorsLocked.Length);
        }
    }
}
