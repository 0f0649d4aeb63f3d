using System.Buffers;
using System.Text;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;

namespace Netra.Realtime.FunctionalTests.Transports;

/// <summary>What <see cref="IWebSocketTransport"/> promises to connections. Every transport has a class that derives from this.</summary>
public abstract class TransportContractTests
{
    private const int Limit = 1024;

    [Fact]
    public async Task Write_ABatch_ArrivesInOrderWithItsContent()
    {
        await using TransportPair pair = await CreateAsync();
        string[] messages = ["first", "\u2713 \ud83d\ude00", new string('x', 125), new string('y', 126), new string('z', 70_000), "last"];

        Task write = WriteBothAsync(); // HTTP/2 takes no more than its window of a peer that does not read
        foreach (string expected in messages.Append("another batch"))
        {
            Assert.Equal(expected, Encoding.UTF8.GetString(await pair.ReceiveAsync()));
        }

        await write;

        async Task WriteBothAsync()
        {
            await pair.Transport.WriteAsync(BatchOf(messages)).OrFail();
            await pair.Transport.WriteAsync(BatchOf("another batch")).OrFail();
        }
    }

    [Fact]
    public async Task Write_ABinaryBatch_ArrivesAsBinary()
    {
        await using TransportPair pair = await CreateAsync();
        MessageBatch batch = new() { IsBinary = true };
        batch.Add([1, 0xff, 3]);
        batch.Add([4]);

        await pair.Transport.WriteAsync(batch).OrFail();
        await pair.Transport.WriteAsync(BatchOf("text again")).OrFail();

        Assert.Equal([1, 0xff, 3], await pair.ReceiveAsync(isBinary: true));
        Assert.Equal([4], await pair.ReceiveAsync(isBinary: true));
        Assert.Equal("text again", Encoding.UTF8.GetString(await pair.ReceiveAsync()));
    }

    [Fact]
    public async Task Write_AMessageOfNothing_Arrives()
    {
        await using TransportPair pair = await CreateAsync();

        await pair.Transport.WriteAsync(BatchOf("", "after")).OrFail();

        Assert.Empty(await pair.ReceiveAsync());
        Assert.Equal("after", Encoding.UTF8.GetString(await pair.ReceiveAsync()));
    }

    [Fact]
    public async Task Write_HeaderRoomWasWrittenOver_HarmsNoMessage()
    {
        await using TransportPair pair = await CreateAsync();
        MessageBatch batch = BatchOf("first", "second");

        for (int i = 0; i < batch.Count; i++)
        {
            batch.WithHeaderRoom(i).Span[..MessageBatch.HeaderRoomBytes].Fill(0xff);
        }

        await pair.Transport.WriteAsync(batch).OrFail();

        Assert.Equal("first", Encoding.UTF8.GetString(await pair.ReceiveAsync()));
        Assert.Equal("second", Encoding.UTF8.GetString(await pair.ReceiveAsync()));
    }

    [Fact]
    public async Task Write_BatchIsReusedAfterIt_EarlierMessagesAreUnharmed()
    {
        await using TransportPair pair = await CreateAsync();
        MessageBatch batch = new();
        for (int i = 0; i < 20; i++)
        {
            batch.Clear();
            batch.Add(Encoding.UTF8.GetBytes($"message {i}"));
            await pair.Transport.WriteAsync(batch).OrFail();
        }

        for (int i = 0; i < 20; i++)
        {
            Assert.Equal($"message {i}", Encoding.UTF8.GetString(await pair.ReceiveAsync()));
        }
    }

    [Fact]
    public async Task Receive_Messages_ComeWholeAndInOrder()
    {
        await using TransportPair pair = await CreateAsync();
        string[] messages = ["", "first", "\u2713", new string('x', Limit)];
        foreach (string message in messages)
        {
            await pair.SendAsync(Encoding.UTF8.GetBytes(message));
        }

        foreach (string expected in messages)
        {
            ReceivedMessage received = await pair.Transport.ReceiveAsync(Limit).OrFail();
            Assert.Equal((ReceivedKind.Text, expected), (received.Kind, Encoding.UTF8.GetString(received.Payload.ToArray())));
        }
    }

    [Fact]
    public async Task Receive_ABinaryMessage_ComesWholeAndSaysSo()
    {
        await using TransportPair pair = await CreateAsync();

        await pair.SendBinaryAsync([1, 0xff, 3]);
        await pair.SendAsync("text again"u8.ToArray());

        ReceivedMessage received = await pair.Transport.ReceiveAsync(Limit).OrFail();
        Assert.Equal(ReceivedKind.Binary, received.Kind);
        Assert.Equal([1, 0xff, 3], received.Payload.ToArray());
        Assert.Equal(ReceivedKind.Text, (await pair.Transport.ReceiveAsync(Limit).OrFail()).Kind);
    }

    [Fact]
    public async Task Receive_OneByteAboveTheLimit_IsAViolationThatDrainsAndTheCloseArrives()
    {
        await using TransportPair pair = await CreateAsync();
        await pair.SendAsync(new byte[Limit + 1].Select(_ => (byte)'x').ToArray());

        RealtimeProtocolException violation = await Assert.ThrowsAsync<RealtimeProtocolException>(() => pair.Transport.ReceiveAsync(Limit).OrFail());
        Assert.Equal(CloseReason.MessageTooBig, violation.CloseReason);

        Task drain = pair.Transport.DrainAsync().AsTask();
        await pair.Transport.CloseAsync(1009, "message too big").OrFail();
        await pair.SendAsync(new byte[Limit * 10].Select(_ => (byte)'x').ToArray()); // it has not noticed yet
        Assert.Equal(new ClientClose(1009, "message too big"), await pair.ReceiveCloseAsync());
        Assert.False(drain.IsCompleted);
        await pair.CloseAsync(1000);
        await drain.OrFail();
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(4999)]
    public async Task Receive_TheCloseOfThePeer_SaysItsCode(int code)
    {
        await using TransportPair pair = await CreateAsync();
        await pair.SendAsync("last words"u8.ToArray());

        await pair.CloseAsync(code);

        Assert.Equal(ReceivedKind.Text, (await pair.Transport.ReceiveAsync(Limit).OrFail()).Kind);
        ReceivedMessage close = await pair.Transport.ReceiveAsync(Limit).OrFail();
        Assert.Equal((ReceivedKind.Close, code), (close.Kind, close.CloseCode));
    }

    [Fact]
    public async Task Receive_LineWithoutAClose_Ends()
    {
        await using TransportPair pair = await CreateAsync();
        Task<ReceivedMessage> receive = pair.Transport.ReceiveAsync(Limit).AsTask();

        pair.Cut();

        Assert.Equal(ReceivedKind.Ended, (await receive.OrFail()).Kind);
        Assert.Equal(ReceivedKind.Ended, (await pair.Transport.ReceiveAsync(Limit).OrFail()).Kind);
    }

    [Fact]
    public async Task Drain_LineWithoutAClose_Ends()
    {
        await using TransportPair pair = await CreateAsync();
        Task drain = pair.Transport.DrainAsync().AsTask();

        pair.Cut();

        await drain.OrFail();
    }

    [Fact]
    public async Task Close_OfOurs_ArrivesBehindTheMessagesWithCodeAndReason()
    {
        await using TransportPair pair = await CreateAsync();
        await pair.Transport.WriteAsync(BatchOf("last words")).OrFail();

        await pair.Transport.CloseAsync(4408, "slow consumer").OrFail();

        Assert.Equal("last words", Encoding.UTF8.GetString(await pair.ReceiveAsync()));
        Assert.Equal(new ClientClose(4408, "slow consumer"), await pair.ReceiveCloseAsync());
    }

    [Fact]
    public async Task Close_OfOurs_AnswerOfThePeerIsReceived()
    {
        await using TransportPair pair = await CreateAsync();
        Task<ReceivedMessage> receive = pair.Transport.ReceiveAsync(Limit).AsTask();
        await pair.Transport.CloseAsync(1001, "going away").OrFail();
        await pair.ReceiveCloseAsync();

        await pair.CloseAsync(1001);

        ReceivedMessage answer = await receive.OrFail();
        Assert.Equal((ReceivedKind.Close, 1001), (answer.Kind, answer.CloseCode));
    }

    [Fact]
    public async Task Abort_WhileAReceiveWaits_EndsIt()
    {
        await using TransportPair pair = await CreateAsync();
        Task<ReceivedMessage> receive = pair.Transport.ReceiveAsync(Limit).AsTask();
        Assert.False(receive.IsCompleted);

        pair.Transport.Abort();

        Assert.Equal(ReceivedKind.Ended, (await receive.OrFail()).Kind);
    }

    [Fact]
    public async Task Abort_WhileADrainWaits_EndsIt()
    {
        await using TransportPair pair = await CreateAsync();
        Task drain = pair.Transport.DrainAsync().AsTask();
        Assert.False(drain.IsCompleted);

        pair.Transport.Abort();

        await drain.OrFail();
    }

    [Fact]
    public async Task Abort_WhileAWriteWaits_FailsIt()
    {
        await using TransportPair pair = await CreateAsync();
        pair.StopReading();
        Task write = pair.Transport.WriteAsync(BatchOf(new string('x', 16 * 1024 * 1024))).AsTask();
        Assert.False(write.IsCompleted);

        pair.Transport.Abort();

        await Assert.ThrowsAnyAsync<Exception>(() => write.OrFail());
        Assert.True(write.IsFaulted || write.IsCanceled); // and it was not the wait that gave up
    }

    [Fact]
    public async Task Abort_Again_DoesNothing()
    {
        await using TransportPair pair = await CreateAsync();

        pair.Transport.Abort();
        pair.Transport.Abort();

        await Assert.ThrowsAnyAsync<Exception>(() => pair.Transport.WriteAsync(BatchOf("too late")).OrFail());
        Assert.Equal(ReceivedKind.Ended, (await pair.Transport.ReceiveAsync(Limit).OrFail()).Kind);
    }

    [Fact]
    public async Task Write_WhileAReceiveWaits_BothWork()
    {
        await using TransportPair pair = await CreateAsync();
        Task<ReceivedMessage> receive = pair.Transport.ReceiveAsync(Limit).AsTask();

        await pair.Transport.WriteAsync(BatchOf("out")).OrFail();
        Assert.Equal("out", Encoding.UTF8.GetString(await pair.ReceiveAsync()));
        Assert.False(receive.IsCompleted);
        await pair.SendAsync("in"u8.ToArray());

        Assert.Equal("in", Encoding.UTF8.GetString((await receive.OrFail()).Payload.ToArray()));
    }

    [Fact]
    public async Task WriteAndReceive_TogetherManyTimes_LoseNothing()
    {
        const int Messages = 500;
        await using TransportPair pair = await CreateAsync();
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < Messages; i++)
            {
                await pair.Transport.WriteAsync(BatchOf($"out {i}", new string('x', i))).OrFail();
            }
        });
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < Messages; i++)
            {
                await pair.SendAsync(Encoding.UTF8.GetBytes($"in {i}"));
            }
        });
        Task peer = Task.Run(async () =>
        {
            for (int i = 0; i < Messages; i++)
            {
                Assert.Equal($"out {i}", Encoding.UTF8.GetString(await pair.ReceiveAsync()));
                Assert.Equal(i, (await pair.ReceiveAsync()).Length);
            }
        });

        for (int i = 0; i < Messages; i++)
        {
            Assert.Equal($"in {i}", Encoding.UTF8.GetString((await pair.Transport.ReceiveAsync(Limit).OrFail()).Payload.ToArray()));
        }

        await Task.WhenAll(writing, sending, peer).OrFail();
    }

    protected abstract Task<TransportPair> CreateAsync();

    private static MessageBatch BatchOf(params string[] messages)
    {
        MessageBatch batch = new();
        foreach (string message in messages)
        {
            batch.Add(Encoding.UTF8.GetBytes(message));
        }

        return batch;
    }
}
