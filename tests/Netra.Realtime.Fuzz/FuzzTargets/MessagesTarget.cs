using System.Buffers;
using System.Text.Unicode;
using Netra.Realtime.Protocol;
using static Netra.Realtime.Fuzz.FuzzTargets.FuzzFailureException;

namespace Netra.Realtime.Fuzz.FuzzTargets;

/// <summary>What clients send in text: it is a message that can be written and read again, or one of the refusals that there are. By a setting, what servers send.</summary>
internal static class MessagesTarget
{
    // All that is ever said to a message: nothing of it is in there.
    private static readonly string[] Refusals =
    [
        "A message is a JSON object.", "A ref is a string of at most 64.", "The message is not valid JSON.", "A message has a type.",
        "An ack has the id of an event.", "An id is a string of 1 to 256 units without control characters.", "A filter is an array of ids, or null.",
    ];

    public static void Run(byte[] bytes)
    {
        FuzzInput input = new(bytes);
        if ((input.Settings & 2) != 0)
        {
            ServerMessages.Check(input.Body);
            return;
        }

        int maxFilterEntries = MaxFilterEntriesOf(input.Settings);
        ReadOnlySequence<byte> body = new(input.Body);

        ClientMessage? message = null;
        ErrorMessage? error = null;
        bool isRead = false;
        Allocations.Check(input.Body.Length, () => isRead = ClientMessageReader.TryRead(body, maxFilterEntries, out message, out error));
        ThrowUnless(isRead ? message is not null && error is null : message is null && error is not null, "there is a message or a refusal");

        List<string> outcome = MessageText.Describe(message, error);
        ThrowUnlessSame(outcome, Read(FuzzInput.Join(input.Pieces()), maxFilterEntries), "segments are read like the whole");
        ThrowUnlessSame(outcome, Read(FuzzInput.Join(input.Bytes()), maxFilterEntries), "single bytes are read like the whole");
        if (error is not null)
        {
            CheckRefusal(error, maxFilterEntries);
        }
        else
        {
            CheckMessage(message!, maxFilterEntries); // one of the two is there
            ThrowUnlessSame(MessageModel.Describe(input.Body), outcome, "what is read is what was sent");
            ThrowUnlessSame(outcome, Read(new ReadOnlySequence<byte>(MessageText.Write(message!)), maxFilterEntries), "what is written again is read again");
        }
    }

    public static int MaxFilterEntriesOf(int settings) => (settings & 1) == 0 ? 32 : 2;

    private static List<string> Read(ReadOnlySequence<byte> utf8, int maxFilterEntries)
    {
        ClientMessageReader.TryRead(utf8, maxFilterEntries, out ClientMessage? message, out ErrorMessage? error);
        return MessageText.Describe(message, error);
    }

    private static void CheckRefusal(ErrorMessage error, int maxFilterEntries)
    {
        string? expected = error.Code switch
        {
            ErrorCodes.BadRequest => Array.Find(Refusals, text => text == error.Message),
            ErrorCodes.Forbidden => "Only the server sends events.",
            ErrorCodes.LimitExceeded => $"A filter has at most {maxFilterEntries} entries.",
            _ => null,
        };
        ThrowUnless(error.Message == expected, "a refusal has one of its texts and says nothing of the message", error.Message);
        CheckRef(error.Ref, error);
    }

    private static void CheckMessage(ClientMessage message, int maxFilterEntries)
    {
        CheckRef(message.Ref, new PongMessage { Ref = message.Ref });
        switch (message)
        {
            case AckMessage ack:
                ThrowUnless(!ack.Id.IsEmpty && EventId.Parse(ack.Id.ToString(), null) == ack.Id, "an id is what its text says");
                break;
            case SubscribeMessage subscribe:
                ThrowUnless(
                    (subscribe.Threads.Ids?.Count ?? 0) <= maxFilterEntries && (subscribe.Runs.Ids?.Count ?? 0) <= maxFilterEntries, "a filter keeps its limit");
                break;
            case ApplicationMessage application:
                ThrowUnless(!EventTypes.IsServerOnly(application.Type) && application.Type is not ("ping" or "ack" or "subscribe"), "no client sends events");
                break;
        }
    }

    // What carries the reference back has to be legible to who sent it.
    private static void CheckRef(string? reference, ControlMessage answer)
    {
        byte[] written = ControlMessageWriter.Write(answer);
        string? read = ServerMessageReader.Read(written) switch { ErrorMessage e => e.Ref, PongMessage pong => pong.Ref, _ => "another message" };
        ThrowUnless(Utf8.IsValid(written) && read == reference, "a reference comes back as it was");
        ThrowUnless(reference is null or { Length: <= ClientMessageReader.MaxRefLength }, "a reference keeps its limit");
    }
}
