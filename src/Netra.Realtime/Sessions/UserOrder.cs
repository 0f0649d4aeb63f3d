using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>An order in which users can be gone through page by page: ordinal, without a tenant first.</summary>
internal sealed class UserOrder : IComparer<UserId>
{
    public static readonly UserOrder Instance = new();

    public int Compare(UserId x, UserId y)
    {
        int tenants = string.CompareOrdinal(x.Tenant, y.Tenant);
        return tenants != 0 ? tenants : string.CompareOrdinal(x.Value, y.Value);
    }
}
