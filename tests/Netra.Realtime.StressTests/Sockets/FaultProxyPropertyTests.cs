using System.Net.Sockets;
using CsCheck;
using Netra.Realtime.TestSupport;
using Netra.Realtime.TestSupport.Faults;
using Xunit.Abstractions;

namespace Netra.Realtime.StressTests.Sockets;

/// <summary>Both ends send at once over a line with any fault: what comes is what was sent, in order, exactly up to the fault.</summary>
/// <remarks>A failure prints the program and its seed: <c>CsCheck_Seed=... dotnet test --filter FaultProxyProperty</c> begins with it.</remarks>
public sealed class FaultProxyPropertyTests(ITestOutputHelper output)
{
    // Of a line that breaks before its first byte the connect may see it already.
    private static readonly Gen<Fault> AnyFault = Gen.Select(
        Gen.Enum<FaultKind>(), Gen.Enum<FaultSide>(), Gen.OneOf(Gen.Int[1, 10], Gen.Int[1, 12_000]), Gen.Int[0, 100],
        (kind, to, after, trickle) => kind == FaultKind.None ? Fault.None : new Fault(kind, after)
        {
            To = to,
            TrickleBytes = trickle,
            BytesPerSecond = kind == FaultKind.Trickle ? 5_000 : 0,
        });

    private static readonly Gen<int[]> AnyPieces = Gen.OneOf(Gen.Int[1, 20], Gen.Int[1, 6_000]).Array[0, 8];

    [Fact]
    public async Task Link_WithAnyFault_PassesOnWhatWasSentExactlyUpToIt()
    {
        int lines = 0;
        int broken = 0;
        TimeBudget budget = TimeBudget.Share(0.01, usual: TimeSpan.FromSeconds(2));

        do
        {
            await Gen.Select(AnyFault, AnyPieces, AnyPieces).SampleAsync(
                async program =>
                {
                    lines++;
                    broken += await RunAsync(program.Item1, Payload(program.Item2), Payload(program.Item3)) ? 1 : 0;
                },
                iter: 50,
                threads: 1);
        }
        while (!budget.IsSpent(broken > 0));

        output.WriteLine($"{lines} lines, {broken} broken, {budget}");
        Assert.InRange(broken, 1, lines - 1);
    }

    private static async Task<bool> RunAsync(Fault fault, byte[][] forth, byte[][] back)
    {
        await using FaultProxyEnds ends = new();
        FaultLink link = ends.Proxy.Expect(fault);
        (Socket from, Socket to) = await ends.ConnectAsync(fault.To);
        Task<byte[]> forthComing = FaultProxyEnds.ReceiveAsync(to);
        Task<byte[]> backComing = FaultProxyEnds.ReceiveAsync(from);
        await Task.WhenAll(SendAsync(from, forth), SendAsync(to, back)).OrFail();

        byte[] sentForth = [.. forth.SelectMany(piece => piece)];
        byte[] sentBack = [.. back.SelectMany(piece => piece)];
        bool isBroken = fault.AfterBytes <= sentForth.Length;
        if (isBroken)
        {
            await link.Broken.OrFail();
            if (fault.Kind == FaultKind.Stall)
            {
                await ends.Proxy.CutAsync();
            }
        }

        byte[] cameForth = await forthComing;
        byte[] cameBack = await backComing;
        Assert.Equal(isBroken, link.Broken.IsCompleted);
        Assert.Equal(sentForth.Take(cameForth.Length), cameForth);
        Assert.Equal(sentBack.Take(cameBack.Length), cameBack);
        (long least, long most) = !isBroken ? (sentForth.Length, sentForth.Length)
            : fault.Kind == FaultKind.Reset ? (0, fault.AfterBytes)
            : (Math.Min(sentForth.Length, fault.AfterBytes + TrickleOf(fault)), Math.Min(sentForth.Length, fault.AfterBytes + TrickleOf(fault)));
        Assert.InRange(cameForth.Length, least, most);
        Assert.True(cameBack.Length == sentBack.Length || (isBroken && fault.Kind is not (FaultKind.HalfClose or FaultKind.HalfStall)), $"{cameBack.Length} of {sentBack.Length}");
        return isBroken;
    }

    private static long TrickleOf(Fault fault) => fault.Kind == FaultKind.Trickle ? fault.TrickleBytes : 0;

    private static async Task SendAsync(Socket socket, byte[][] pieces)
    {
        try
        {
            foreach (byte[] piece in pieces)
            {
                await socket.SendAsync(piece);
                await Task.Yield();
            }
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // It was broken before it had sent everything.
        }
    }

    // No two bytes that could be taken for one another are near.
    private static byte[][] Payload(int[] sizes)
    {
        int next = 0;
        return [.. sizes.Select(size => Enumerable.Range(0, size).Select(_ => (byte)(next++ * 167 >> 3)).ToArray())];
    }
}
