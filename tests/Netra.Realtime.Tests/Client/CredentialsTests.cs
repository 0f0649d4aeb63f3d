using System.Globalization;
using Netra.Realtime.Client;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Client;

public sealed class CredentialsTests
{
    [Fact]
    public async Task Credentials_AreAskedForBeforeEachConnectAndAFailureIsRetried()
    {
        int asked = 0;
        await using ClientWorld world = new(options => options.Credentials = async _ =>
        {
            await Task.Yield();
            return ++asked == 2
                ? throw new InvalidOperationException("token service down")
                : RealtimeCredentials.Bearer(asked.ToString(CultureInfo.InvariantCulture));
        });
        FakeAttempt first = await world.AttemptAsync();
        FakeSocket socket = first.Accept();
        socket.Deliver(Wire.Welcome());
        await world.StatusAsync(ConnectionState.Open);
        world.Time.Advance(TimeSpan.FromSeconds(10));

        socket.End(4401, "credentials expired");

        Assert.Equal((4401, TimeSpan.Zero), (await world.EndedAsync()) is var ended ? (ended.CloseReason!.Code, ended.RetryIn!.Value) : default);
        ConnectionStatus failed = await world.EndedAsync();
        Assert.Equal(("token service down", 250), (failed.Error!.Message, failed.RetryIn!.Value.TotalMilliseconds));
        world.Time.Advance(failed.RetryIn.Value);
        FakeAttempt second = await world.AttemptAsync();
        Assert.Equal(["Bearer 1", "Bearer 3"], new[] { first, second }.Select(attempt => attempt.Credentials.Headers["Authorization"]));
    }

    [Fact]
    public async Task Credentials_DoNotCome_AreGivenUpAfter20Seconds()
    {
        TaskCompletionSource<CancellationToken> asked = new();
        await using ClientWorld world = new(options => options.Credentials = async token =>
        {
            asked.TrySetResult(token);
            return await new TaskCompletionSource<RealtimeCredentials>().Task; // one that does not look at its token either
        });
        world.AskForNext();
        CancellationToken given = await asked.Task.OrFail();

        world.Time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(TimeSpan.Zero, (await world.EndedAsync()).RetryIn);
        Assert.True(given.IsCancellationRequested);
    }

    [Fact]
    public async Task StatusCallback_Throws_EndsNothing()
    {
        RealtimeClientOptions options = new() { Uri = new Uri("http://example.test:8080/ws?x=1#y"), OnStatusChanged = _ => throw new InvalidOperationException() };
        TaskCompletionSource<FakeAttempt> attempted = new();
        await using RealtimeClient client = new(options, (address, credentials, token) =>
        {
            FakeAttempt attempt = new(address, credentials, token);
            attempted.TrySetResult(attempt);
            return attempt.Outcome;
        }, () => 0);
        Task connected = client.ConnectAsync();
        FakeAttempt attempt = await attempted.Task.OrFail();

        attempt.Accept().Deliver(Wire.Welcome());

        await connected.OrFail();
        Assert.Equal($"ws://example.test:8080/ws?x=1&client={client.ClientId}", attempt.Address.AbsoluteUri);
        Assert.StartsWith("net-", client.ClientId.Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StartPosition.OpenRuns, null)]
    [InlineData(StartPosition.Undelivered, "undelivered")]
    [InlineData(StartPosition.Live, "live")]
    public async Task Start_IsSaidInTheQuery(StartPosition start, string? value)
    {
        await using ClientWorld world = new(options => options.Start = start);

        Assert.Equal(value, (await world.AttemptAsync()).Query("start").SingleOrDefault());
    }
}
