using System.Runtime.InteropServices;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Emitters;

/// <summary>How an application's own event is treated by readers that are behind. The default: every reader gets it.</summary>
/// <param name="Delivery">The delivery class.</param>
/// <param name="Key">With <see cref="DeliveryClass.Latest"/>: which events are states of the same thing, within thread, run and type. Empty by default.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct EmitOptions(DeliveryClass Delivery = DeliveryClass.MustDeliver, string? Key = null)
{
    /// <summary>Only the newest of the key counts: an older one that is unread is superseded.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The options.</returns>
    public static EmitOptions Latest(string key) => new(DeliveryClass.Latest, key);

    /// <summary>Only for who is reading now.</summary>
    public static EmitOptions Volatile => new(DeliveryClass.Volatile);
}
