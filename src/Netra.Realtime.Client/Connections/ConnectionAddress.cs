using System.Text;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Connections;

/// <summary>The address of the next connection: the endpoint, and in its query who comes and where it begins.</summary>
internal sealed class ConnectionAddress(Uri endpoint, ClientId client, StartPosition start)
{
    public Uri For(EventId lastEventId, EventFilter filter)
    {
        StringBuilder query = new(endpoint.Query.TrimStart('?'));
        Append(query, "client", client.Value);
        if (!lastEventId.IsEmpty)
        {
            Append(query, "last_event_id", lastEventId.ToString());
        }

        if (start != StartPosition.OpenRuns)
        {
            Append(query, "start", start == StartPosition.Live ? "live" : "undelivered");
        }

        foreach (ThreadId thread in filter.Threads ?? EmptySet<ThreadId>())
        {
            Append(query, "thread", thread.Value);
        }

        foreach (RunId run in filter.Runs ?? EmptySet<RunId>())
        {
            Append(query, "run", run.Value);
        }

        return new UriBuilder(endpoint)
        {
            Scheme = endpoint.Scheme is "https" or "wss" ? "wss" : "ws",
            Port = endpoint.Port, // a builder would take the default of its scheme for one that was meant
            Query = query.ToString(),
            Fragment = "", // a WebSocket takes none
        }.Uri;
    }

    private static HashSet<T> EmptySet<T>() => [];

    private static void Append(StringBuilder query, string name, string value) =>
        query.Append(query.Length > 0 ? "&" : "").Append(name).Append('=').Append(Uri.EscapeDataString(value));
}
