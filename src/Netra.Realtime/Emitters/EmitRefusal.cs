namespace Netra.Realtime.Emitters;

/// <summary>Why an event was refused.</summary>
public enum EmitRefusal
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>The run has ended: nothing follows its terminal event.</summary>
    RunEnded,

    /// <summary>No call of this id is open.</summary>
    UnknownCall,

    /// <summary>A call of this id is open already.</summary>
    CallAlreadyOpen,

    /// <summary>The user has had a run of this id.</summary>
    RunAlreadyExists,

    /// <summary>The user has as many open runs as allowed.</summary>
    TooManyRuns,

    /// <summary>The payload could not be serialized, or is not JSON.</summary>
    NotSerializable,

    /// <summary>The event is larger than allowed and may not be cut.</summary>
    TooLarge,

    /// <summary>The host is hard pressed and does without events of this delivery class, such as the progress of a tool: emit the newest
    /// state again later, if it matters. Never of <see cref="Sessions.DeliveryClass.MustDeliver"/>, nor of text.</summary>
    Shed,

    /// <summary>The host has stopped: nobody is there any more to receive it, and what is left undelivered has been counted and handed over.</summary>
    HostStopped,
}
