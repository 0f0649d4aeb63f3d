using Netra.Realtime.Administration;
using Netra.Realtime.Connections;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Places;

/// <summary>One thread of a race: connects, and lets go of what it has every now and then.</summary>
internal sealed class PlaceRacer(RealtimeHarness realtime, PlaceClock clock, IRealtimeAdministration administration, UserSession[] sessions, Random random)
{
    private readonly List<FakeClient> _here = [];

    public List<FakeClient> Admitted { get; } = [];

    public List<FakeClient> Refused { get; } = [];

    /// <summary>How many times it ended a connection, or all of a user.</summary>
    public int Left { get; private set; }

    public void Run(int connects)
    {
        for (int i = 0; i < connects; i++)
        {
            UserSession session = sessions[random.Next(sessions.Length)];
            (FakeClient client, bool isAdmitted) = clock.Watch(session, () => realtime.Connect(session.User));
            (isAdmitted ? Admitted : Refused).Add(client);
            if (isAdmitted)
            {
                _here.Add(client);
            }
            if (random.Next(3) == 0)
            {
                Leave(session.User);
            }
        }
    }

    /// <summary>Whoever has not left leaves now.</summary>
    public void Finish() => _here.ForEach(client => client.Transport.ClientClose());

    private void Leave(UserId user)
    {
        int way = random.Next(10);
        if (way == 0)
        {
            Left++;
            administration.DisconnectUser(user);
            return;
        }
        if (_here.Count == 0)
        {
            return;
        }

        Left++;
        int index = random.Next(_here.Count);
        FakeClient client = _here[index];
        _here.RemoveAt(index);
        if (way < 6)
        {
            client.Transport.ClientClose();
        }
        else
        {
            client.Transport.Cut();
        }
    }
}
