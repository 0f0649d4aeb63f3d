namespace Netra.Realtime.Sessions;

/// <summary>The places of the whole host, and of each tenant: taken and given back atomically, never more than there are.</summary>
/// <remarks>
/// Safe for concurrent use. A newcomer that supersedes takes over its predecessor's place, so no count moves. One gate for both limits: a place
/// that was taken of one and given back for want of the other would refuse somebody in between.
/// </remarks>
/// <param name="max">The places of the host.</param>
/// <param name="maxPerTenant">The places of a tenant; 0 is no limit. Users without a tenant are not counted for one.</param>
internal sealed class ConnectionCounter(int max, int maxPerTenant = 0)
{
    // _gate guards all of it; _taken and _most are read without it. Tenants without a place are not kept.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _tenants = new(StringComparer.Ordinal);
    private int _taken;
    private int _most;

    public int Max { get; } = max;

    public int Taken => Volatile.Read(ref _taken);

    /// <summary>The most that were ever taken at once.</summary>
    public int Most => Volatile.Read(ref _most);

    /// <summary>How many tenants have a place, where they are counted.</summary>
    public int Tenants
    {
        get
        {
            lock (_gate)
            {
                return _tenants.Count;
            }
        }
    }

    /// <summary>Takes a place for a user of this tenant, or of none.</summary>
    /// <returns>Connected, or which limit is reached.</returns>
    public ConnectStatus TryTake(string? tenant = null)
    {
        lock (_gate)
        {
            if (_taken >= Max)
            {
                return ConnectStatus.TotalLimit;
            }

            if (tenant is not null && maxPerTenant > 0)
            {
                int ofTenant = _tenants.GetValueOrDefault(tenant);
                if (ofTenant >= maxPerTenant)
                {
                    return ConnectStatus.TenantLimit;
                }

                _tenants[tenant] = ofTenant + 1;
            }

            _taken++;
            _most = Math.Max(_most, _taken);
            return ConnectStatus.Connected;
        }
    }

    public void Release(string? tenant = null)
    {
        lock (_gate)
        {
            _taken--;
            if (tenant is not null && maxPerTenant > 0 && --_tenants[tenant] == 0)
            {
                _tenants.Remove(tenant);
            }
        }
    }
}
