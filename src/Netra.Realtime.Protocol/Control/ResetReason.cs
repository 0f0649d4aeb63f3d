using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>Why a connection could not go on where its client was.</summary>
[JsonConverter(typeof(ResetReasonConverter))]
public enum ResetReason
{
    /// <summary>The log began a new life since.</summary>
    [JsonStringEnumMemberName("epoch_changed")]
    EpochChanged,

    /// <summary>Events after the position have left the window.</summary>
    [JsonStringEnumMemberName("too_old")]
    TooOld,

    /// <summary>The position is malformed or from the future.</summary>
    [JsonStringEnumMemberName("invalid")]
    Invalid,

    /// <summary>The store of the log was lost.</summary>
    [JsonStringEnumMemberName("log_lost")]
    LogLost,
}
