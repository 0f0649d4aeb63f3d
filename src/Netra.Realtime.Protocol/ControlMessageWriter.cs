using System.Text.Json;

namespace Netra.Realtime.Protocol;

/// <summary>Writes control messages. Safe to call concurrently.</summary>
public static class ControlMessageWriter
{
    /// <summary>Writes one message as UTF-8.</summary>
    /// <param name="message">The message.</param>
    /// <returns>The whole message.</returns>
    public static byte[] Write(ControlMessage message)
    {
        ProtocolJsonContext json = ProtocolJsonContext.Default;
        return message switch
        {
            WelcomeMessage m => JsonSerializer.SerializeToUtf8Bytes(m, json.WelcomeMessage),
            ResetMessage m => JsonSerializer.SerializeToUtf8Bytes(m, json.ResetMessage),
            ReplyMessage m => JsonSerializer.SerializeToUtf8Bytes(m, json.ReplyMessage),
            ErrorMessage m => JsonSerializer.SerializeToUtf8Bytes(m, json.ErrorMessage),
            PongMessage m => JsonSerializer.SerializeToUtf8Bytes(m, json.PongMessage),
            CursorMessage m => JsonSerializer.SerializeToUtf8Bytes(m, json.CursorMessage),
            GoAwayMessage m => JsonSerializer.SerializeToUtf8Bytes(m, json.GoAwayMessage),
            null => throw new ArgumentNullException(nameof(message)),
            _ => throw new ArgumentException($"{message.GetType().Name} is not a control message of this protocol.", nameof(message)),
        };
    }
}
