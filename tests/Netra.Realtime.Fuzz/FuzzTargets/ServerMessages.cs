using Netra.Realtime.Protocol;
using static Netra.Realtime.Fuzz.FuzzTargets.FuzzFailureException;

namespace Netra.Realtime.Fuzz.FuzzTargets;

/// <summary>What a client reads from a server: a message, one to be ignored, or the one exception that says that it is none.</summary>
internal static class ServerMessages
{
    public static void Check(byte[] utf8)
    {
        try
        {
            ServerMessage? message = ServerMessageReader.Read(utf8);

            // A reply carries JSON of the application, of which a lone surrogate can be read and not be written.
            if (message is ControlMessage control and not ReplyMessage)
            {
                byte[] written = ControlMessageWriter.Write(control);
                ThrowUnless(
                    ServerMessageReader.Read(written) is ControlMessage again && ControlMessageWriter.Write(again).AsSpan().SequenceEqual(written),
                    "what is written again is read again");
            }
        }
        catch (RealtimeProtocolException)
        {
            // It is none.
        }
    }
}
