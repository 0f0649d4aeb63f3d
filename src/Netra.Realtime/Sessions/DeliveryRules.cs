namespace Netra.Realtime.Sessions;

/// <summary>What each class of event means for a cursor that lags, and for an event that nobody gets. Text is of the class of what must be delivered.</summary>
internal static class DeliveryRules
{
    /// <summary>Whether only a reader that is at the head ever sees it.</summary>
    public static bool IsOnlyForTheHead(this DeliveryClass delivery) => delivery == DeliveryClass.Volatile;

    /// <summary>Whether a reader that it leaves the window of unread is told so: by <c>reset</c>, or by 4408 while a flush hangs.</summary>
    /// <remarks>A superseded event never comes this far: it is a tombstone, and so is a volatile one that the head has passed.</remarks>
    public static bool IsMissedWhenTrimmed(this DeliveryClass delivery) => delivery != DeliveryClass.Volatile;

    /// <summary>Whether it is refused when the host is hard pressed.</summary>
    public static bool MayBeShed(this DeliveryClass delivery) => delivery != DeliveryClass.MustDeliver;

    /// <summary>Whether the application gets it back when it leaves the log without having reached any connection.</summary>
    /// <remarks>Not text: it comes in hundreds of pieces, and what is worth keeping of it stands in the result of its run.</remarks>
    public static bool IsHandedOver(this LogEntry entry) => entry.Class == DeliveryClass.MustDeliver && !entry.IsSegment;
}
