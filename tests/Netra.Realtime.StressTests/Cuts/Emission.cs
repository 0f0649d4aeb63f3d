using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Cuts;

/// <summary>One emitted id, and what the model knows of it.</summary>
internal sealed class Emission(EmittedEvent what)
{
    public EmittedEvent What => what;

    public long Sequence => what.Id.Sequence;

    public DeliveryClass Class { get; init; }

    /// <summary>What it is the state of, when only the newest state counts.</summary>
    public string? StateOf { get; init; }

    /// <summary>What an older state is pointless of from now on.</summary>
    public string? Supersedes { get; init; }

    public bool IsSuperseded { get; set; }

    /// <summary>Whether it was flushed to any line, handled or not.</summary>
    public bool IsDelivered { get; set; }

    /// <summary>Whether it may never come although nothing was lost.</summary>
    public bool IsFleeting => IsSuperseded || Class == DeliveryClass.Volatile;

    public bool Matches(EventFilter filter) =>
        filter.Matches(what.Thread is null ? null : new Protocol.ThreadId(what.Thread), what.Run is null ? null : new Protocol.RunId(what.Run));
}
