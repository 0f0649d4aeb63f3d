using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using BitFaster.Caching.Lru;
using Netra.Realtime.Protocol;
using Netra.Realtime.Transports;

namespace Netra.Realtime.Connections;

/// <summary>How often a user, and an address, may connect. Safe for concurrent use.</summary>
/// <remarks>
/// A token bucket each, on the host's clock, in an LRU that bounds how many there are: whoever fell out of it begins with a full one. The
/// partitioned limiters of System.Threading.RateLimiting know no TimeProvider (dotnet/runtime issue 106447) and bound nothing but the time since a
/// key was used, so that many addresses are much memory.
/// </remarks>
internal sealed class ConnectRates
{
    private const int MinKept = 10_000;
    private const int MaxKept = 1_000_000;

    private readonly LimitOptions _limits;
    private readonly TimeProvider _time;

    // Null where there is no such limit.
    private readonly ConcurrentLru<UserId, TokenBucket>? _users;
    private readonly ConcurrentLru<UInt128, TokenBucket>? _addresses;

    public ConnectRates(LimitOptions limits, TimeProvider time)
    {
        _limits = limits;
        _time = time;
        int kept = (int)Math.Clamp(2L * limits.MaxConnections, MinKept, MaxKept);
        _users = limits.ConnectsPerSecondPerUser == 0 ? null : new(kept);
        _addresses = limits.ConnectsPerSecondPerAddress == 0 ? null : new(kept);
    }

    /// <summary>How many users and addresses it knows of.</summary>
    public int Kept => (_users?.Count ?? 0) + (_addresses?.Count ?? 0);

    /// <summary>Whether the user may connect now.</summary>
    /// <param name="user">The user.</param>
    /// <param name="takes">Whether it does; otherwise it only asks.</param>
    public bool Allows(UserId user, bool takes)
    {
        TokenBucket? bucket = _users?.GetOrAdd(
            user, static (_, rates) => new TokenBucket(rates._limits.ConnectBurstPerUser, rates._limits.ConnectsPerSecondPerUser, rates._time), this);
        return bucket is null || Allows(bucket, takes);
    }

    /// <summary>Whether a request may come from there now; it has come then. An address that is not known, or that is none of IP, is not limited.</summary>
    public bool AllowsAndTakes(EndPoint? remote)
    {
        TokenBucket? bucket = remote is not IPEndPoint { Address: var address } ? null : _addresses?.GetOrAdd(
            KeyOf(address), static (_, rates) => new TokenBucket(rates._limits.ConnectBurstPerAddress, rates._limits.ConnectsPerSecondPerAddress, rates._time), this);
        return bucket is null || Allows(bucket, takes: true);
    }

    /// <summary>What counts as one address: of IPv6 the network of 64 bits, which is what a single subscriber has.</summary>
    public static UInt128 KeyOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6)
        {
            bytes[8..].Clear();
        }

        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static bool Allows(TokenBucket bucket, bool takes)
    {
        lock (bucket) // its own, which nobody else has
        {
            return takes ? bucket.TryTake() : bucket.HasToken;
        }
    }
}
