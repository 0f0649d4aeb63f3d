using System.Net;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.FunctionalTests.Samples;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>The process has no file descriptor left for another socket: who is connected stays, and when there are some again, newcomers are served.</summary>
/// <remarks>For a moment: a runtime that finds none for some twenty seconds gives up, so <c>docs/operations.md</c> says how not to get there.</remarks>
public sealed class NoFilesLeftTests : IDisposable
{
    private const int MaxOpenFiles = 512;

    private readonly string _documents = Directory.CreateTempSubdirectory("agentchat-").FullName;

    public NoFilesLeftTests() => File.WriteAllText(Path.Combine(_documents, "coast.md"), "Lighthouses are painted red.\n");

    public void Dispose() => Directory.Delete(_documents, recursive: true);

    [LinuxFact]
    public async Task Accept_NoDescriptorLeft_TheConnectedLiveAndNewcomersAreServedAfterwards()
    {
        await using AgentChatProcess chat = await AgentChatProcess.StartWithFilesAsync(MaxOpenFiles, _documents);
        using AgentChatProcess.Browser alice = await chat.SignInAsync("alice");
        await using TestClient before = await alice.OpenAsync();
        Assert.IsType<WelcomeMessage>(await before.NextAsync());
        RawClient[] flood = await Task.WhenAll(
            Enumerable.Range(0, MaxOpenFiles).Select(_ => RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, chat.Address.Port)))).OrFail();
        await UntilAsync(() => chat.OpenFiles >= MaxOpenFiles - 2); // give or take what is just being tried

        await before.PingAsync();
        Task<TestClient> waiting = alice.OpenAsync(); // it stands in the backlog of the kernel
        await before.PingAsync("again");
        Assert.False(waiting.IsCompleted);
        Array.ForEach(flood, client => client.Dispose());

        await using TestClient after = await waiting.OrFail();
        Assert.IsType<WelcomeMessage>(await after.NextAsync());
        await alice.StartRunAsync("t", "What about lighthouses?");
        Assert.IsType<AgentCompleted>((await after.ReadRunAsync())[^1]);
        Assert.IsType<AgentCompleted>((await before.ReadRunAsync())[^1]);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using CancellationTokenSource net = new(TestTimeout.Net);
        using PeriodicTimer pace = new(TimeSpan.FromMilliseconds(20));
        while (!isSo())
        {
            await pace.WaitForNextTickAsync(net.Token);
        }
    }
}
