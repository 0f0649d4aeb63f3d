using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Netra.Realtime.Connections;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.AspNetCore;

/// <summary>Reads the query of a handshake. A value that cannot be meant is a 400: silence would be a filter that is not there.</summary>
internal static class ConnectionRequestReader
{
    public static HandshakeRefusal? Read(HttpRequest http, UserId user, DateTimeOffset? expiresAt, int maxFilterEntries, out ConnectionRequest? request)
    {
        request = null;
        IQueryCollection query = http.Query;
        if (query.ContainsKey("token") || query.ContainsKey("access_token"))
        {
            return Bad("Credentials do not belong into the URL: it is logged everywhere.");
        }

        if (!TryReadOne(query["client"], out ClientId? client))
        {
            return Bad("client is at most 64 of A-Z a-z 0-9 - _, once.");
        }

        ReplayStart? start = query["start"] switch
        {
            { Count: 0 } => ReplayStart.Open,
            ["open"] => ReplayStart.Open,
            ["undelivered"] => ReplayStart.Undelivered,
            ["live"] => ReplayStart.Live,
            _ => null,
        };
        if (start is null)
        {
            return Bad("start is open, undelivered or live.");
        }

        if (!TryReadSet(query["thread"], maxFilterEntries, out HashSet<ThreadId>? threads) || !TryReadSet(query["run"], maxFilterEntries, out HashSet<RunId>? runs))
        {
            return Bad($"thread and run are ids, at most {maxFilterEntries} of each.");
        }

        StringValues lastEventId = query.TryGetValue("last_event_id", out StringValues given) ? given : http.Headers["Last-Event-ID"];
        if (lastEventId.Count > 1)
        {
            return Bad("last_event_id stands once.");
        }

        request = new ConnectionRequest
        {
            User = user,
            Client = client,
            LastEventId = lastEventId.Count == 0 ? null : lastEventId[0],
            Start = start.Value,
            Threads = threads,
            Runs = runs,
            ExpiresAt = expiresAt,
        };
        return null;
    }

    private static HandshakeRefusal Bad(string detail) => new(StatusCodes.Status400BadRequest, detail);

    private static bool TryReadOne<TId>(StringValues values, out TId? id)
        where TId : struct, IParsable<TId>
    {
        id = null;
        if (values.Count == 0)
        {
            return true;
        }

        bool valid = values.Count == 1 & TId.TryParse(values[0], null, out TId parsed);
        id = valid ? parsed : null;
        return valid;
    }

    private static bool TryReadSet<TId>(StringValues values, int max, out HashSet<TId>? ids)
        where TId : struct, IParsable<TId>
    {
        ids = values.Count == 0 ? null : [];
        foreach (string? value in values)
        {
            if (values.Count > max || !TId.TryParse(value, null, out TId id))
            {
                return false;
            }

            ids!.Add(id); // there are values
        }

        return true;
    }
}
