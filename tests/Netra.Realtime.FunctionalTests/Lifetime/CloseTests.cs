using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Lifetime;

public sealed class CloseTests
{
    [Fact]
    public async Task Close_PeerThatStopsReadingAndLeavesInOrder_IsNotHeldOpenForEver()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options =>
        {
            options.Retention.MaxBytes = 64 * 1024 * 1024;
            options.Retention.MaxEvents = 10_000;
            options.Delivery.CloseTimeout = TimeSpan.FromMilliseconds(300);
        });
        using CloseWatch closes = new(server);
        using RawClient slow = await RawClient.OpenAsync(server, "alice", receiveBufferBytes: 4096);
        string text = new('x', 16 * 1024);
        for (int i = 0; i < 1_000; i++)
        {
            server.EmitterFor("alice").Emit("note", new { Text = text });
        }

        await slow.SendAsync(RawClient.Close, [0x03, 0xe8]);

        await closes.WhenClosedAsync(1000);
        await server.Registry.WhenEmptyAsync().OrFail();
        Assert.Equal(0, server.Registry.Places.Taken);
    }

    [Fact]
    public async Task Close_AnswerThatThePeerDoesNotRead_IsNotKeptByTheHostForEver()
    {
        // Less than the host buffers and more than the kernel does: all of it is flushed, and none of it can leave.
        const int TotalBytes = 48 * 1024;
        TaskCompletionSource socketEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.UsesListener = false; // what Kestrel buffers is what this is about
            setup.Options = options => options.Delivery.CloseTimeout = TimeSpan.FromMilliseconds(300);
            setup.Services = services => services.Configure<SocketTransportOptions>(sockets => sockets.CreateBoundListenSocket = endPoint =>
            {
                Socket listener = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
                listener.SendBufferSize = 4096; // accepted sockets inherit it
                return listener;
            });
            setup.App = app => app.Use((context, next) =>
            {
                context.Features.GetRequiredFeature<IConnectionLifetimeFeature>().ConnectionClosed.Register(socketEnded.SetResult);
                return next(context);
            });
        });
        using CloseWatch closes = new(server);
        using RawClient slow = await RawClient.OpenAsync(server, "alice", receiveBufferBytes: 4096);
        UserEventEmitter emitter = server.EmitterFor("alice");
        EmitResult emitted = emitter.Emit("note", new { Text = new string('x', TotalBytes) });
        Assert.Equal(DeliveryOutcome.Delivered, await emitter.WhenDeliveredAsync(emitted.EventId).OrFail());

        await slow.SendAsync(RawClient.Close, [0x03, 0xe8]);

        await closes.WhenClosedAsync(1000);
        await socketEnded.Task.OrFail();
    }
}
