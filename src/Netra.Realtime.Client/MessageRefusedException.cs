using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client;

/// <summary>The server refused a message of this client.</summary>
public sealed class MessageRefusedException : RealtimeException
{
    internal MessageRefusedException(string code, string message)
        : base(message) => Code = code;

    /// <summary>One of <see cref="ErrorCodes"/>, or a code of the application.</summary>
    public string Code { get; }
}
