using System.Text;
using System.Text.Json;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Protocol;

public sealed class GoldenControlTests
{
    private static readonly EventId Id = EventId.Parse("k3v9x2-41", null);

    private static readonly WelcomeMessage Welcome = new()
    {
        ConnectionId = new ConnectionId("0123456789abcdef0123456789abcdef"),
        UserId = "alice",
        Epoch = "k3v9x2",
        LastEventId = Id,
        Resumed = true,
        OpenRuns = [],
        Heartbeat = new HeartbeatSettings(25_000, 75_000),
        Limits = new ClientLimits(32_768, 10),
        ServerTime = new DateTimeOffset(2026, 11, 23, 10, 15, 30, 123, TimeSpan.Zero),
    };

    public static TheoryData<string, ControlMessage> Messages => new()
    {
        { "welcome", Welcome },
        { "welcome_reset_epoch_changed", Welcome with { Resumed = false, Reset = ResetReason.EpochChanged } },
        { "welcome_reset_too_old", Welcome with { Resumed = false, Reset = ResetReason.TooOld } },
        { "welcome_reset_invalid", Welcome with { Resumed = false, Reset = ResetReason.Invalid } },
        {
            "welcome_open_runs", Welcome with
            {
                OpenRuns =
                [
                    new OpenRunSummary { RunId = new RunId("r-9"), ThreadId = new ThreadId("t-1"), Agent = "researcher", Complete = true },
                    new OpenRunSummary { RunId = new RunId("r-10"), Agent = "writer", Complete = false },
                ],
            }
        },
        { "reset_too_old", new ResetMessage { Reason = ResetReason.TooOld, LastEventId = Id, Runs = [new RunId("r-9")] } },
        { "reset_log_lost", new ResetMessage { Reason = ResetReason.LogLost, LastEventId = Id } },
        { "reply", new ReplyMessage { Ref = "q1" } },
        { "reply_data", new ReplyMessage { Ref = "q1", Data = JsonElement.Parse("""{"ended":true}""") } },
        { "error", new ErrorMessage { Ref = "q1", Code = ErrorCodes.NotFound, Message = "There is no such run." } },
        { "error_without_ref", new ErrorMessage { Code = ErrorCodes.BadRequest, Message = "A message has a type." } },
        { "pong", new PongMessage() },
        { "pong_ref", new PongMessage { Ref = "p1" } },
        { "cursor", new CursorMessage { Id = Id } },
        { "cursor_empty_log", new CursorMessage { Id = Id.At(0) } },
        { "goaway", new GoAwayMessage { Reason = "deploy", ReconnectInMs = 1_500 } },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void ControlMessage_Written_IsTheGoldenFileAndReadsBack(string name, ControlMessage message)
    {
        byte[] golden = GoldenFile.Check(name, Encoding.UTF8.GetString(ControlMessageWriter.Write(message)));

        Assert.Null(Same.Difference(message, ServerMessageReader.Read(golden)));
    }

    [Fact]
    public async Task Welcome_OfARealConnection_HasTheShapeOfTheGoldenFile()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        byte[] message = await client.Transport.Outbound.ReadAsync().OrFail();
        WelcomeMessage read = Assert.IsType<WelcomeMessage>(ServerMessageReader.Read(message));

        string normalized = Encoding.UTF8.GetString(message)
            .Replace(read.ConnectionId.Value, Welcome.ConnectionId.Value, StringComparison.Ordinal)
            .Replace(read.Epoch, "k3v9x2", StringComparison.Ordinal);

        GoldenFile.Check("welcome_first", normalized);
    }
}
