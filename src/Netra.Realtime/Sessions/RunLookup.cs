namespace Netra.Realtime.Sessions;

internal enum RunLookup
{
    Unknown,
    Open,
    Ended,
}
