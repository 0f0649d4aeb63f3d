using Netra.Realtime.Connections;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Hosting;

/// <summary>Reads the query of a handshake. A value that cannot be meant is refused: silence would be a filter that is not there.</summary>
internal static class ConnectionQuery
{
    /// <summary>Reads what is asked for.</summary>
    /// <param name="query">The query, as it came.</param>
    /// <param name="lastEventIds">The lines of the header <c>Last-Event-ID</c>, which counts where the query has none.</param>
    /// <param name="maxFilterEntries">The most threads, and the most runs.</param>
    /// <param name="user">Who asks.</param>
    /// <param name="expiresAt">When the credentials run out.</param>
    /// <param name="request">What is asked for.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Read(
        string query, IReadOnlyList<string?> lastEventIds, int maxFilterEntries, UserId user, DateTimeOffset? expiresAt, out ConnectionRequest? request)
    {
        request = null;
        Dictionary<string, List<string>> values = Split(query);
        if (values.ContainsKey("token") || values.ContainsKey("access_token"))
        {
            return "Credentials do not belong into the URL: it is logged everywhere.";
        }

        ClientId client = default;
        if (values.TryGetValue("client", out List<string>? clients) && !(clients is [{ } name] && ClientId.TryParse(name, null, out client)))
        {
            return "client is at most 64 of A-Z a-z 0-9 - _, once.";
        }

        ReplayStart? start = values.GetValueOrDefault("start") switch
        {
            null or ["open"] => ReplayStart.Open,
            ["undelivered"] => ReplayStart.Undelivered,
            ["live"] => ReplayStart.Live,
            _ => null,
        };
        if (start is null)
        {
            return "start is open, undelivered or live.";
        }

        if (!TryReadSet(values.GetValueOrDefault("thread"), maxFilterEntries, out HashSet<ThreadId>? threads)
            || !TryReadSet(values.GetValueOrDefault("run"), maxFilterEntries, out HashSet<RunId>? runs))
        {
            return $"thread and run are ids, at most {maxFilterEntries} of each.";
        }

        IReadOnlyList<string?> lastEventId = values.GetValueOrDefault("last_event_id") ?? lastEventIds;
        if (lastEventId.Count > 1)
        {
            return "last_event_id stands once.";
        }

        request = new ConnectionRequest
        {
            User = user,
            Client = clients is null ? null : client,
            LastEventId = lastEventId.Count == 0 ? null : lastEventId[0],
            Start = start.Value,
            Threads = threads,
            Runs = runs,
            ExpiresAt = expiresAt,
        };
        return null;
    }

    // As of a form (URL standard section 5.1): a plus is a space. Names in any case, as ASP.NET Core has them.
    private static Dictionary<string, List<string>> Split(string query)
    {
        Dictionary<string, List<string>> values = new(StringComparer.OrdinalIgnoreCase);
        ReadOnlySpan<char> text = query.StartsWith('?') ? query.AsSpan(1) : query;
        foreach (Range range in text.Split('&'))
        {
            ReadOnlySpan<char> pair = text[range];
            if (pair.IsEmpty)
            {
                continue;
            }

            int equals = pair.IndexOf('=');
            string name = Decode(equals < 0 ? pair : pair[..equals]);
            if (!values.TryGetValue(name, out List<string>? all))
            {
                values.Add(name, all = []);
            }

            all.Add(equals < 0 ? "" : Decode(pair[(equals + 1)..]));
        }

        return values;
    }

    private static string Decode(ReadOnlySpan<char> text) => Uri.UnescapeDataString(text.Contains('+') ? text.ToString().Replace('+', ' ') : text.ToString());

    private static bool TryReadSet<TId>(List<string>? values, int max, out HashSet<TId>? ids)
        where TId : struct, IParsable<TId>
    {
        ids = values is null ? null : [];
        foreach (string value in values ?? [])
        {
            if (values!.Count > max || !TId.TryParse(value, null, out TId id)) // there is one, so there are values
            {
                return false;
            }

            ids!.Add(id);
        }

        return true;
    }
}
