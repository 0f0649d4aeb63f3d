using System.Net.WebSockets;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Connections;
using Netra.Realtime.Protocol;
using Netra.Realtime.StressTests.Sockets;
using Netra.Realtime.TestSupport;
using Xunit.Abstractions;

namespace Netra.Realtime.StressTests.Places;

/// <summary>The same race on real sockets, as the clients see it.</summary>
public sealed class SocketPlacesTests(ITestOutputHelper output)
{
    private const int Clients = 500;
    private const int Places = 3;

    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _here;
    private int _most;
    private int _welcomed;
    private int _refused;

    [Fact]
    public async Task Connect_FiveHundredSocketsForThreePlacesOfAUser_NeverOneTooMany()
    {
        await using SocketServer server = await SocketServer.StartAsync(options =>
        {
            options.Limits.MaxConnections = Clients;
            options.Limits.MaxConnectionsPerUser = Places;
            options.Limits.ConnectsPerSecondPerUser = 0; // that limit refuses before the handshake, and has tests of its own
        });
        ConnectionRegistry registry = server.Services.GetRequiredService<ConnectionRegistry>();

        Task[] racing = [.. Enumerable.Range(0, Clients).Select(i => RaceAsync(server, leaves: i % 2 == 0))];
        _gate.SetResult();
        await Task.WhenAll(racing).OrFail();
        await registry.WhenEmptyAsync().OrFail();

        output.WriteLine($"{_welcomed} welcomed, {_refused} refused, at most {_most} at a time");
        Assert.Equal(Clients, _welcomed + _refused);
        Assert.InRange(_welcomed, Places, Clients - 1);
        Assert.InRange(_most, 1, Places);
        Assert.Equal((0, 0, 0, 0), (registry.Places.Taken, registry.Count, registry.Wheel.Count, registry.Refusing));
    }

    // Whoever has a welcome and has not begun to leave holds a place for certain: a bound from below, of each moment.
    private async Task RaceAsync(SocketServer server, bool leaves)
    {
        using ClientWebSocket socket = new();
        socket.Options.SetRequestHeader(SocketServer.UserHeader, "alice");
        await _gate.Task;
        await socket.ConnectAsync(new Uri($"ws://{server.EndPoint}/ws"), CancellationToken.None);
        byte[] buffer = new byte[4096];
        ValueWebSocketReceiveResult first = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
        if (first.MessageType == WebSocketMessageType.Close)
        {
            Assert.Equal((1013, CloseReason.UserConnectionLimit.Reason), ((int?)socket.CloseStatus, socket.CloseStatusDescription));
            Interlocked.Increment(ref _refused);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
            return;
        }

        Assert.IsType<WelcomeMessage>(ServerMessageReader.Read(buffer.AsSpan(0, first.Count)));
        Interlocked.Increment(ref _welcomed);
        int here = Interlocked.Increment(ref _here);
        for (int most = Volatile.Read(ref _most); most < here; most = Volatile.Read(ref _most))
        {
            Interlocked.CompareExchange(ref _most, here, most);
        }
        await Task.Yield();
        Interlocked.Decrement(ref _here);
        if (leaves)
        {
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        else
        {
            socket.Abort();
        }
    }
}
