namespace Netra.Realtime.Sessions;

internal enum ConnectStatus
{
    Connected,
    UserLimit,
    TenantLimit,
    TotalLimit,
    Revoked,
    SessionEvicted,
}
