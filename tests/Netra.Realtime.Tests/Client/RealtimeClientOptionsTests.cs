using Microsoft.Extensions.Logging;
using Netra.Realtime.Client;

namespace Netra.Realtime.Tests.Client;

public sealed class RealtimeClientOptionsTests
{
    public static TheoryData<string, Action<RealtimeClientOptions>> BadValues { get; } = new()
    {
        { "Uri", options => options.Uri = new Uri("ftp://example.test/ws") },
        { "Uri", options => options.Uri = new Uri("/ws", UriKind.Relative) },
        { "Uri", options => options.Uri = null! },
        { "Start", options => options.Start = (StartPosition)3 },
        { "ReceiveQueueItems", options => options.ReceiveQueueItems = 0 },
        { "ReceiveQueueBytes", options => options.ReceiveQueueBytes = 0 },
        { "MaxMessageBytes", options => options.MaxMessageBytes = 1023 },
        { "MaxMessageBytes", options => options.MaxMessageBytes = int.MaxValue },
        { "MaxPendingReplies", options => options.MaxPendingReplies = 0 },
        { "MaxPendingReplies", options => options.MaxPendingReplies = 65_537 },
        { "ReplyTimeout", options => options.ReplyTimeout = TimeSpan.Zero },
        { "ReplyTimeout", options => options.ReplyTimeout = Timeout.InfiniteTimeSpan },
        { "ReplyTimeout", options => options.ReplyTimeout = TimeSpan.FromDays(2) },
        { "KeepEndedRuns", options => options.KeepEndedRuns = -1 },
        { "TimeProvider", options => options.TimeProvider = null! },
        { "LoggerFactory", options => options.LoggerFactory = null! },
    };

    [Theory]
    [MemberData(nameof(BadValues))]
    public void Options_OutOfRange_AreRefusedByName(string name, Action<RealtimeClientOptions> spoil)
    {
        RealtimeClientOptions options = new() { Uri = new Uri("wss://example.test/ws") };
        spoil(options);

        ArgumentException refused = Assert.Throws<ArgumentException>(() => new RealtimeClient(options));

        Assert.StartsWith(name + " is", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LogIds_AreUniqueAndInTheirRange()
    {
        int[] ids = [.. typeof(RealtimeClient).Assembly.GetType("Netra.Realtime.Client.ClientLog", throwOnError: true)!
            .GetMethods(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public)
            .SelectMany(method => method.GetCustomAttributes(typeof(LoggerMessageAttribute), false).Cast<LoggerMessageAttribute>())
            .Select(message => message.EventId)];

        Assert.NotEmpty(ids);
        Assert.All(ids, id => Assert.InRange(id, 2000, 2099));
        Assert.Equal(ids.Distinct(), ids);
    }
}
