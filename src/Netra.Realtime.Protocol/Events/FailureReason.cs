using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>Why a run ended without completing.</summary>
[JsonConverter(typeof(FailureReasonConverter))]
public enum FailureReason
{
    /// <summary>The agent failed.</summary>
    [JsonStringEnumMemberName("error")]
    Error,

    /// <summary>Somebody asked it to stop.</summary>
    [JsonStringEnumMemberName("cancelled")]
    Cancelled,

    /// <summary>It gave no sign for too long.</summary>
    [JsonStringEnumMemberName("timed_out")]
    TimedOut,

    /// <summary>Its process or its owner went away.</summary>
    [JsonStringEnumMemberName("interrupted")]
    Interrupted,
}
