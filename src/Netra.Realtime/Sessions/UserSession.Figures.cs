using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <content>For operators: what there is, and who is to leave.</content>
internal sealed partial class UserSession
{
    public SessionFigures Inspect()
    {
        lock (_gate)
        {
            return new SessionFigures(
                _log.Head,
                _log.EntryCount,
                _log.Bytes,
                _groups?.Count ?? 0,
                [.. _places.Select(cursor => (cursor, cursor.PendingBytes))],
                [.. _openRuns.Values.Select(DescribeLocked)]);
        }
    }

    /// <summary>The connections of this user, or of one of its client instances.</summary>
    public LogCursor[] CursorsOf(ClientId? client)
    {
        lock (_gate)
        {
            return [.. _places.Where(cursor => client is null || cursor.Client == client)];
        }
    }

    private RunSnapshot DescribeLocked(OpenRun run) => new()
    {
        Id = run.Id,
        Thread = run.Thread,
        Agent = run.Agent,
        Duration = _time.GetElapsedTime(run.StartTimestamp),
        OpenTools = [.. run.OpenTools.Values.Select(tool => tool.Name)],
    };
}
