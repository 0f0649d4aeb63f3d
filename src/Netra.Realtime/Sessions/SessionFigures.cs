using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>A session as an operator sees it, copied in one hold of its gate.</summary>
internal sealed record SessionFigures(
    EventId Head, int Entries, int Bytes, int Groups, IReadOnlyList<(LogCursor Cursor, long PendingBytes)> Cursors, IReadOnlyList<RunSnapshot> OpenRuns);
