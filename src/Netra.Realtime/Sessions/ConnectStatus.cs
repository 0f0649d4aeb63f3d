namespace Netra.Realtime.Sessions;

internal enum ConnectStatus
{
    Connected,
    UserLimit,
    TotalLimit,
    Revoked,
    SessionEvicted,
}
