using Netra.Realtime.LoadTests.Crowding;
using Netra.Realtime.LoadTests.Driving;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;

namespace Netra.Realtime.FunctionalTests.LoadTests;

public sealed class CrowdTests
{
    public static TheoryData<string> Lines => [.. CrowdLine.All.Select(line => line.Name)];

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task Crowd_OverEachLine_IsWelcomePingedClosedBackAndForgotten(string name)
    {
        DriveResult result = await Crowd.RunAsync(CrowdLine.All.First(line => line.Name == name), connections: 200).OrFail();

        Assert.Null(result.Fault);

        // What the heap figures are depends on which other tests run in this process; the command has one of its own.
        Assert.All(CrowdCommand.ScenarioOf(200).Columns, column => Assert.True(result[column.Figure] is not null, column.Figure));
    }

    [Fact]
    public async Task Crowd_APeerThatAnswersNoPing_IsAFaultAndNoFigure()
    {
        CrowdLine deaf = new("deaf", static () => new DeafTransport(), static _ => 1);

        DriveResult result = await Crowd.RunAsync(deaf, connections: 100, net: TimeSpan.FromMilliseconds(50)).OrFail();

        Assert.Equal("a pong is missing", result.Fault);
    }

    [Fact]
    public async Task BareTransport_PingThenClose_BothComeAndTheCloseStays()
    {
        await using BareTransport transport = new();
        ValueTask<ReceivedMessage> waiting = transport.ReceiveAsync(100);
        Assert.False(waiting.IsCompleted);

        await transport.PingAsync(new byte[] { 7 });
        await transport.CloseAsync(1001, "");

        ReceivedMessage pong = await waiting.AsTask().OrFail();
        Assert.Equal(ReceivedKind.Pong, pong.Kind);
        Assert.Equal(7, pong.Payload.FirstSpan[0]);
        Assert.Equal(1001, (await transport.ReceiveAsync(100)).CloseCode);
        await transport.DrainAsync();
        Assert.Equal(ReceivedKind.Close, (await transport.ReceiveAsync(100)).Kind);
    }

    [Fact]
    public async Task BareTransport_Aborted_WhatWaitsEnds()
    {
        await using BareTransport transport = new();
        ValueTask<ReceivedMessage> waiting = transport.ReceiveAsync(100);

        transport.Abort();

        Assert.Equal(ReceivedKind.Ended, (await waiting.AsTask().OrFail()).Kind);
    }

    /// <summary>Waits for ever, and is pinged in vain.</summary>
    private sealed class DeafTransport : IWebSocketTransport
    {
        private readonly TaskCompletionSource<ReceivedMessage> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool CanPing => true;

        public long ReceivedBytes => 0;

        public ValueTask<ReceivedMessage> ReceiveAsync(int maxMessageBytes, CancellationToken cancellationToken = default) => new(_end.Task);

        public ValueTask DrainAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public ValueTask WriteAsync(MessageBatch batch) => ValueTask.CompletedTask;

        public ValueTask PingAsync(ReadOnlyMemory<byte> payload) => ValueTask.CompletedTask;

        public ValueTask CloseAsync(int code, string reason) => ValueTask.CompletedTask;

        public void Abort() => _end.TrySetResult(new ReceivedMessage(ReceivedKind.Ended));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
