namespace Netra.Realtime.Client.Connections;

/// <summary>A connection that was welcomed.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="MaxMessageBytes">The largest message that the server takes.</param>
internal sealed record OpenConnection(ClientConnection Connection, int MaxMessageBytes);
