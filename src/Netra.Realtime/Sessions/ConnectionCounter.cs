namespace Netra.Realtime.Sessions;

/// <summary>The places of the whole host, and of each tenant: taken and given back atomically, never more than there are.</summary>
/// <remarks>Safe for concurrent use. A newcomer that supersedes takes over its predecessor's place, so no count moves.</remarks>
internal sealed class ConnectionCounter(int max, int maxPerTenant = 0)
{
    // _gate guards the tenants that have a place; without a limit of theirs nobody is counted.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _tenants = new(StringComparer.Ordinal);
    private int _taken;

    public int Max { get; } = max;

    public int Taken => Volatile.Read(ref _taken);

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
        if (!TryTakeOfTenant(tenant))
        {
            return ConnectStatus.TenantLimit;
        }

        if (TryTakeOfHost())
        {
            return ConnectStatus.Connected;
        }

        ReleaseOfTenant(tenant);
        return ConnectStatus.TotalLimit;
    }

    public void Release(string? tenant = null)
    {
        Interlocked.Decrement(ref _taken);
        ReleaseOfTenant(tenant);
    }

    private bool TryTakeOfHost()
    {
        int taken = Volatile.Read(ref _taken);
        while (taken < Max)
        {
            int before = Interlocked.CompareExchange(ref _taken, taken + 1, taken);
            if (before == taken)
            {
                return true;
            }

            taken = before;
        }

        return false;
    }

    private bool TryTakeOfTenant(string? tenant)
    {
        if (maxPerTenant == 0 || tenant is null)
        {
            return true;
        }

        lock (_gate)
        {
            int taken = _tenants.GetValueOrDefault(tenant);
            if (taken >= maxPerTenant)
            {
                return false;
            }

            _tenants[tenant] = taken + 1;
            return true;
        }
    }

    private void ReleaseOfTenant(string? tenant)
    {
        if (maxPerTenant == 0 || tenant is null)
        {
            return;
        }

        lock (_gate)
        {
            if (--_tenants[tenant] == 0)
            {
                _tenants.Remove(tenant);
            }
        }
    }
}
