using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.FunctionalTests.Transports;

/// <summary>Pings are answered by the reader while the writer writes: both ends are ours, so that one can ping as it likes.</summary>
public sealed class PongsBetweenWritesTests
{
    private const int Pings = 3_000;
    private const int Batches = 1_000;

    [Fact]
    public async Task Write_WhileManyPingsAreAnswered_MessagesAreWholeAndTheLastPingIsAnswered()
    {
        FramingLimits limits = new() { ControlFrameBurst = int.MaxValue };
        (Socket own, Socket peer) = await LoopbackSockets.ConnectAsync();
        await using FramedTransport server = new(new NetworkStream(own, ownsSocket: true), true, TimeProvider.System, null, limits, default);
        await using FramedTransport client = new(new NetworkStream(peer, ownsSocket: true), false, TimeProvider.System, null, limits, default);

        Task pinging = Task.Run(async () =>
        {
            for (int i = 0; i < Pings; i++)
            {
                await client.PingAsync(Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture))).OrFail();
            }

            await client.CloseAsync(1000, "").OrFail();
        });
        Task answering = Task.Run(async () => Assert.Equal(ReceivedKind.Close, (await server.ReceiveAsync(1024).OrFail()).Kind));
        Task writing = Task.Run(async () =>
        {
            MessageBatch batch = new();
            for (int i = 0; i < Batches; i++)
            {
                batch.Clear();
                batch.Add(Encoding.ASCII.GetBytes($"{i}"));
                batch.Add(Encoding.ASCII.GetBytes(new string('x', i)));
                await server.WriteAsync(batch).OrFail();
            }
        });

        int lastPong = -1;
        int messages = 0;
        while (messages < 2 * Batches || lastPong < Pings - 1)
        {
            ReceivedMessage received = await client.ReceiveAsync(2 * Batches).OrFail();
            string text = Encoding.ASCII.GetString(received.Payload.ToArray());
            if (received.Kind == ReceivedKind.Pong)
            {
                int pong = int.Parse(text, CultureInfo.InvariantCulture);
                Assert.True(pong > lastPong, $"pong {pong} after {lastPong}");
                lastPong = pong;
            }
            else
            {
                Assert.Equal((ReceivedKind.Text, messages % 2 == 0 ? $"{messages / 2}" : new string('x', messages / 2)), (received.Kind, text));
                messages++;
            }
        }

        await Task.WhenAll(pinging, answering, writing).OrFail();
    }
}
