using System.Net;
using Netra.Realtime.Connections;

namespace Netra.Realtime.Hosting;

/// <summary>How many of something each address has now. Addresses with none are not kept. Safe for concurrent use.</summary>
internal sealed class AddressCounter(int max)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, int> _counts = [];

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _counts.Count;
            }
        }
    }

    /// <summary>Takes one more; always, and uncounted, where there is no limit.</summary>
    public bool TryTake(IPAddress address)
    {
        if (max == 0)
        {
            return true;
        }

        UInt128 key = ConnectRates.KeyOf(address);
        lock (_gate)
        {
            int count = _counts.GetValueOrDefault(key);
            if (count >= max)
            {
                return false;
            }

            _counts[key] = count + 1;
            return true;
        }
    }

    public void Release(IPAddress address)
    {
        if (max == 0)
        {
            return;
        }

        UInt128 key = ConnectRates.KeyOf(address);
        lock (_gate)
        {
            if (--_counts[key] == 0)
            {
                _counts.Remove(key);
            }
        }
    }
}
