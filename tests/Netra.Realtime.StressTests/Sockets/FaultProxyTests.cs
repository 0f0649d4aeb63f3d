using System.Diagnostics;
using System.Net.Sockets;
using Netra.Realtime.TestSupport;
using Netra.Realtime.TestSupport.Faults;

namespace Netra.Realtime.StressTests.Sockets;

/// <summary>The bad line itself: what it lets through, and how it ends.</summary>
public sealed class FaultProxyTests : IAsyncLifetime
{
    private readonly FaultProxyEnds _ends = new();

    [Theory]
    [InlineData("Close", "Client", 1)]
    [InlineData("Close", "Client", 5_000)]
    [InlineData("Close", "Server", 5_000)]
    [InlineData("Reset", "Client", 1)]
    [InlineData("Reset", "Server", 1)]
    [InlineData("Trickle", "Client", 5_000)]
    [InlineData("Trickle", "Server", 5_000)]
    [InlineData("None", "Client", 10_000)]
    public async Task Link_BrokenAfterSomeBytes_LetsNoOtherByteThroughAndEndsBothSides(string kind, string to, int bytes)
    {
        Fault fault = kind == "None" ? Fault.None : Parse(kind, to, bytes) with { BytesPerSecond = kind == "Trickle" ? 2_000 : 0, TrickleBytes = 100 };
        FaultLink link = _ends.Proxy.Expect(fault);
        (Socket from, Socket to) ends = await _ends.ConnectAsync(fault.To);

        await ends.from.SendAsync(new byte[10_000]);
        if (fault == Fault.None)
        {
            ends.from.Shutdown(SocketShutdown.Send);
        }

        int whole = bytes + (fault.Kind == FaultKind.Trickle ? 100 : 0);
        int received = (await FaultProxyEnds.ReceiveAsync(ends.to)).Length;
        Assert.InRange(received, fault.Kind == FaultKind.Reset ? 0 : whole, whole); // a reset may overtake what was not read yet
        ends.to.Dispose(); // the other side of a line without a fault waits for it
        Assert.Empty(await FaultProxyEnds.ReceiveAsync(ends.from));
        Assert.Equal(fault != Fault.None, link.Broken.IsCompleted);
    }

    [Theory]
    [InlineData("Client")]
    [InlineData("Server")]
    public async Task Link_WhoseOneSideSendsTooLittleToBreakIt_EndsAfterSomeBytesOfTheOther(string to)
    {
        Fault fault = Parse("Stall", to, 5_000) with { OtherBytes = 3_000 };
        FaultLink link = _ends.Proxy.Expect(fault);
        (Socket from, Socket to) ends = await _ends.ConnectAsync(fault.To);

        await ends.from.SendAsync(new byte[100]);
        await ends.to.SendAsync(new byte[10_000]);

        Assert.Equal(3_000, (await FaultProxyEnds.ReceiveAsync(ends.from)).Length);
        await FaultProxyEnds.ReceiveAsync(ends.to); // what of the 100 was on its way is of no interest: it ends
        Assert.True(link.Broken.IsCompleted);
    }

    [Theory]
    [InlineData("Stall", "Client")]
    [InlineData("Stall", "Server")]
    [InlineData("HalfStall", "Client")]
    [InlineData("HalfStall", "Server")]
    [InlineData("HalfClose", "Client")]
    [InlineData("HalfClose", "Server")]
    public async Task Link_BrokenWithoutAWord_LetsThroughWhatItsKindAllows(string kind, string to)
    {
        Fault fault = Parse(kind, to, 3);
        FaultLink link = _ends.Proxy.Expect(fault);
        (Socket from, Socket to) ends = await _ends.ConnectAsync(fault.To);

        await ends.from.SendAsync(new byte[10]);
        await link.Broken.OrFail();
        byte[] received = new byte[10];
        Assert.Equal(3, await ends.to.ReceiveAsync(received).OrFail());
        Task<int> more = ends.to.ReceiveAsync(received);
        Task<int> back = ends.from.ReceiveAsync(new byte[10]);
        await ends.to.SendAsync(new byte[1]);

        if (fault.Kind == FaultKind.Stall)
        {
            Assert.False(back.IsCompleted);
        }
        else
        {
            Assert.Equal(1, await back.OrFail()); // the other direction is whole
        }
        if (fault.Kind == FaultKind.HalfClose)
        {
            Assert.Equal(0, await more.OrFail());
        }
        Assert.Equal(fault.IsSilent, !more.IsCompleted);

        await _ends.Proxy.DisposeAsync();
        await Task.WhenAny(more).OrFail();
        await Task.WhenAny(back).OrFail();
    }

    [Theory]
    [InlineData("Client")]
    [InlineData("Server")]
    public async Task Link_Slow_LetsEverythingThroughInItsOwnTime(string to)
    {
        Fault fault = Fault.None with { BytesPerSecond = 20_000, To = Enum.Parse<FaultSide>(to) };
        _ends.Proxy.Expect(fault);
        (Socket from, Socket to) ends = await _ends.ConnectAsync(fault.To);
        Stopwatch watch = Stopwatch.StartNew();

        await ends.from.SendAsync(new byte[10_000]);
        ends.from.Shutdown(SocketShutdown.Send);

        Assert.Equal(10_000, (await FaultProxyEnds.ReceiveAsync(ends.to)).Length);
        Assert.True(watch.Elapsed > TimeSpan.FromSeconds(0.45));
        ends.to.Dispose();
    }

    // A slow line may take its time before it trickles, a trickle does not.
    [Theory]
    [InlineData("Client")]
    [InlineData("Server")]
    public async Task Link_ThatTrickles_IsSlowFromThereOnAndLosesNothing(string to)
    {
        Fault fault = Parse("Trickle", to, 50_000) with { BytesPerSecond = 1_000 };
        FaultLink link = _ends.Proxy.Expect(fault);
        (Socket from, Socket to) ends = await _ends.ConnectAsync(fault.To);
        Stopwatch watch = Stopwatch.StartNew();

        await ends.from.SendAsync(new byte[50_000]);
        await link.Broken.OrFail();
        TimeSpan before = watch.Elapsed;
        await ends.from.SendAsync(new byte[300]);
        ends.from.Shutdown(SocketShutdown.Send);

        Assert.Equal(50_300, (await FaultProxyEnds.ReceiveAsync(ends.to)).Length);
        Assert.True(watch.Elapsed - before > TimeSpan.FromSeconds(0.25)); // and 50 s, had it been slow from the start
        ends.to.Dispose();
    }

    [Theory]
    [InlineData("Client")]
    [InlineData("Server")]
    public async Task Link_WhoseReceiverDoesNotRead_TakesNoMoreThanItCanPassOn(string to)
    {
        const int Much = 64 * 1024 * 1024;
        FaultSide side = Enum.Parse<FaultSide>(to);
        (Socket from, Socket to) ends = await _ends.ConnectAsync(side);
        ends.from.Blocking = false;

        // Until it is held up for longer than any hand-over takes. What the kernel's buffers take is far less than this.
        int sent = 0;
        byte[] piece = new byte[256 * 1024];
        while (sent < Much && ends.from.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectWrite))
        {
            sent += ends.from.Send(piece, SocketFlags.None, out _);
        }

        Assert.InRange(sent, 1, Much - 1);
        Task<byte[]> receiving = FaultProxyEnds.ReceiveAsync(ends.to);
        ends.from.Shutdown(SocketShutdown.Send);
        Assert.Equal(sent, (await receiving).Length);
        ends.to.Dispose();
    }

    [Fact]
    public async Task Proxy_Cut_EndsTheConnectionsThatThereAreAndGoesOnWithAnotherServer()
    {
        await using FaultProxyEnds another = new();
        (Socket client, Socket server) = await _ends.ConnectAsync();

        _ends.Proxy.Target = another.ServerEndPoint;
        await _ends.Proxy.CutAsync();
        Assert.Empty(await FaultProxyEnds.ReceiveAsync(client));
        Assert.Empty(await FaultProxyEnds.ReceiveAsync(server));

        using Socket next = await _ends.ConnectClientAsync();
        using Socket accepted = await another.AcceptAsync();
        await accepted.SendAsync(new byte[1]);
        Assert.Equal(1, await next.ReceiveAsync(new byte[2]).OrFail());
    }

    [Fact]
    public async Task Proxy_WithAPlan_GivesEachConnectionTheNextFaultAndTheRestNone()
    {
        FaultPlan plan = new(seed: 7, faults: 2, maxBytesToClient: 2_000, FaultKind.Close);
        _ends.Proxy.Plan = plan;

        foreach (Fault fault in plan.Faults)
        {
            (Socket from, Socket to) ends = await _ends.ConnectAsync(fault.To);
            await ends.from.SendAsync(new byte[2_000]);
            Assert.Equal(fault.AfterBytes, (await FaultProxyEnds.ReceiveAsync(ends.to)).Length);
        }

        (Socket client, Socket server) = await _ends.ConnectAsync();
        await server.SendAsync(new byte[5_000]);
        server.Shutdown(SocketShutdown.Send);
        Assert.Equal(5_000, (await FaultProxyEnds.ReceiveAsync(client)).Length);
        client.Dispose();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _ends.DisposeAsync().AsTask();

    private static Fault Parse(string kind, string to, int bytes) => new(Enum.Parse<FaultKind>(kind), bytes) { To = Enum.Parse<FaultSide>(to) };
}
