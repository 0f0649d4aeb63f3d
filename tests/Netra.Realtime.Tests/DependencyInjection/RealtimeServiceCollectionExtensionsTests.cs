using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Connections;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.Health;
using Netra.Realtime.Protocol;
using Netra.Realtime.Runs;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.DependencyInjection;

public sealed class RealtimeServiceCollectionExtensionsTests
{
    public static TheoryData<string, Action<RealtimeOptions>> BadValues => new()
    {
        { "Limits.MaxConnections", options => options.Limits.MaxConnections = 0 },
        { "Limits.MaxConnectionsPerUser", options => options.Limits.MaxConnectionsPerUser = -1 },
        { "Limits.MaxOpenRunsPerUser", options => options.Limits.MaxOpenRunsPerUser = 0 },
        { "Limits.MaxRoomsPerUser", options => options.Limits.MaxRoomsPerUser = 0 },
        { "Limits.MaxMessageBytes", options => options.Limits.MaxMessageBytes = 1023 },
        { "Limits.MaxMessageBytes", options => options.Limits.MaxMessageBytes = (16 * 1024 * 1024) + 1 },
        { "Limits.MessagesPerSecond", options => options.Limits.MessagesPerSecond = 0 },
        { "Limits.MaxConnectionsPerTenant", options => options.Limits.MaxConnectionsPerTenant = -1 },
        { "Limits.ConnectsPerSecondPerUser", options => options.Limits.ConnectsPerSecondPerUser = -1 },
        { "Limits.ConnectBurstPerUser", options => options.Limits.ConnectBurstPerUser = 0 },
        { "Limits.ConnectsPerSecondPerAddress", options => options.Limits.ConnectsPerSecondPerAddress = -1 },
        { "Limits.ConnectBurstPerAddress", options => options.Limits.ConnectBurstPerAddress = 0 },
        { "Limits.BytesPerSecond", options => options.Limits.BytesPerSecond = 1023 },
        { "Limits.BytesBurst", options => options.Limits.BytesBurst = 1023 },
        { "Limits.WhenFull", options => options.Limits.WhenFull = (ConnectionLimitPolicy)3 },
        { "Limits.MessageBurst", options => options.Limits.MessageBurst = 0 },
        { "Limits.MaxWaitingMessages", options => options.Limits.MaxWaitingMessages = 0 },
        { "Limits.MaxRefusedMessagesPerMinute", options => options.Limits.MaxRefusedMessagesPerMinute = 0 },
        { "Limits.MaxFilterEntries", options => options.Limits.MaxFilterEntries = 0 },
        { "Limits.MaxEventBytes", options => options.Limits.MaxEventBytes = 4095 },
        { "Limits.MaxEventBytes", options => (options.Limits.MaxEventBytes, options.Retention.MaxBytes) = ((1024 * 1024) + 1, 4 * 1024 * 1024) },
        { "Limits.MaxToolInputChars", options => options.Limits.MaxToolInputChars = 0 },
        { "Limits.MaxToolOutputChars", options => options.Limits.MaxToolOutputChars = 0 },
        { "Limits.MaxErrorChars", options => options.Limits.MaxErrorChars = 0 },
        { "Retention.MaxEvents", options => options.Retention.MaxEvents = 9 },
        { "Retention.MaxBytes", options => options.Retention.MaxBytes = (128 * 1024) - 1 },
        { "Retention.TotalBytes", options => options.Retention.TotalBytes = (256 * 1024) - 1 },
        { "Retention.MaxRetired", options => options.Retention.MaxRetired = 2 },
        { "Retention.MaxRetired", options => options.Retention.MaxRetired = 1_000_001 },
        { "Retention.MaxAge", options => options.Retention.MaxAge = TimeSpan.FromSeconds(0.9) },
        { "Retention.MaxAge", options => options.Retention.MaxAge = TimeSpan.FromDays(7.1) },
        { "Retention.RetiredFor", options => options.Retention.RetiredFor = TimeSpan.Zero },
        { "Retention.RetiredFor", options => options.Retention.RetiredFor = Timeout.InfiniteTimeSpan },
        { "Delivery.SendTimeout", options => options.Delivery.SendTimeout = TimeSpan.FromMilliseconds(9) },
        { "Delivery.SendTimeout", options => options.Delivery.SendTimeout = TimeSpan.FromHours(1.1) },
        { "Delivery.SendBufferBytes", options => options.Delivery.SendBufferBytes = -1 },
        { "Delivery.SendBufferBytes", options => options.Delivery.SendBufferBytes = (4 * 1024) - 1 },
        { "Delivery.SendBufferBytes", options => options.Delivery.SendBufferBytes = (64 * 1024 * 1024) + 1 },
        { "Delivery.CloseTimeout", options => options.Delivery.CloseTimeout = TimeSpan.Zero },
        { "Delivery.CloseTimeout", options => options.Delivery.CloseTimeout = TimeSpan.FromSeconds(61) },
        { "Delivery.StopTimeout", options => options.Delivery.StopTimeout = TimeSpan.FromMilliseconds(-1) },
        { "Delivery.StopTimeout", options => options.Delivery.StopTimeout = TimeSpan.FromMinutes(11) },
        { "Heartbeat.Interval", options => options.Heartbeat.Interval = TimeSpan.FromMilliseconds(99) },
        { "Heartbeat.Interval", options => (options.Heartbeat.Interval, options.Heartbeat.Timeout) = (TimeSpan.FromHours(1.1), TimeSpan.FromHours(2)) },
        { "Heartbeat.Timeout", options => options.Heartbeat.Timeout = options.Heartbeat.Interval },
        { "Heartbeat.Timeout", options => options.Heartbeat.Timeout = TimeSpan.FromDays(1.1) },
        { "Heartbeat.Missed", options => options.Heartbeat.Missed = 0 },
        { "Heartbeat.StaleAfter", options => options.Heartbeat.StaleAfter = TimeSpan.FromSeconds(0.9) },
        { "Heartbeat.StaleAfter", options => options.Heartbeat.StaleAfter = TimeSpan.FromDays(1.1) },
        { "Heartbeat.OfflineAfter", options => options.Heartbeat.OfflineAfter = TimeSpan.FromTicks(-1) },
        { "Heartbeat.OfflineAfter", options => options.Heartbeat.OfflineAfter = TimeSpan.FromDays(1.1) },
        { "Heartbeat.SweepInterval", options => options.Heartbeat.SweepInterval = TimeSpan.Zero },
        { "Heartbeat.SweepInterval", options => (options.Heartbeat.Enabled, options.Heartbeat.SweepInterval) = (false, TimeSpan.FromSeconds(61)) },
        { "Heartbeat.SweepInterval", options => options.Heartbeat.SweepInterval = TimeSpan.FromHours(1.1) },
        { "Degradation.SampleInterval", options => options.Degradation.SampleInterval = TimeSpan.FromMilliseconds(99) },
        { "Degradation.SampleInterval", options => options.Degradation.SampleInterval = TimeSpan.FromSeconds(61) },
        { "Degradation.RecoverBelow", options => options.Degradation.RecoverBelow = 0.09 },
        { "Degradation.RecoverBelow", options => options.Degradation.RecoverBelow = 1.01 },
        { "Degradation.LogBudgetToRefuse", options => options.Degradation.LogBudgetToRefuse = 0.09 },
        { "Degradation.LogBudgetToRefuse", options => options.Degradation.LogBudgetToRefuse = double.NaN },
        { "Degradation.LogBudgetToShed", options => options.Degradation.LogBudgetToShed = 1.01 },
        { "Degradation.LogBudgetToShed", options => options.Degradation.LogBudgetToShed = options.Degradation.LogBudgetToRefuse },
        { "Degradation.PoolQueueToRefuse", options => options.Degradation.PoolQueueToRefuse = 9 },
        { "Degradation.PoolQueueToShed", options => options.Degradation.PoolQueueToShed = -1 },
        { "Degradation.PoolQueueToShed", options => options.Degradation.PoolQueueToShed = options.Degradation.PoolQueueToRefuse },
        { "Degradation.PoolQueueSamples", options => options.Degradation.PoolQueueSamples = 0 },
        { "Degradation.PoolQueueSamples", options => options.Degradation.PoolQueueSamples = 1_001 },
        { "Degradation.MemoryLoadToRefuse", options => options.Degradation.MemoryLoadToRefuse = -0.1 },
        { "Degradation.MemoryLoadToShed", options => options.Degradation.MemoryLoadToShed = 0.05 },
        { "Degradation.MemoryLoadToShed", options => options.Degradation.MemoryLoadToShed = options.Degradation.MemoryLoadToRefuse },
        { "IdentifyUser", options => options.IdentifyUser = null! },
    };

    [Theory]
    [MemberData(nameof(BadValues))]
    public async Task Option_BadValue_StopsTheHostFromStartingAndIsNamed(string option, Action<RealtimeOptions> configure)
    {
        using IHost host = Build("Production", configure: configure);

        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync().OrFail());

        Assert.StartsWith(option + " ", Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_AsTheyAre_AreValid()
    {
        Assert.True(new RealtimeOptionsValidator().Validate(null, new RealtimeOptions()).Succeeded);
    }

    [Fact]
    public void MaxConnections_AsManyAsAnIntHolds_IsNoLimitAndTheHostIsMade()
    {
        using IHost host = Build("Production", configure: options => (options.Limits.MaxConnections, options.Limits.ConnectsPerSecondPerAddress) = (int.MaxValue, 1));

        Assert.Equal(int.MaxValue, host.Services.GetRequiredService<ConnectionRegistry>().Places.Max);
        Assert.NotNull(host.Services.GetRequiredService<RealtimeConnections>());
    }

    [Fact]
    public void Degradation_ThresholdOfZero_IsNoneAndValid()
    {
        RealtimeOptions options = new()
        {
            Degradation = { LogBudgetToRefuse = 0, PoolQueueToShed = 0, MemoryLoadToRefuse = 0, MemoryLoadToShed = 0 },
        };

        Assert.True(new RealtimeOptionsValidator().Validate(null, options).Succeeded);
    }

    [Theory]
    [InlineData("Development", 45, 60, 3)]
    [InlineData("Testing", 45, 60, 3)]
    [InlineData("Staging", 30, 90, 2)]
    [InlineData("Production", 25, 75, 2)]
    [InlineData("Anything", 30, 90, 2)]
    public void Profile_OfTheEnvironment_SetsTheHeartbeat(string environment, int interval, int timeout, int missed)
    {
        using IHost host = Build(environment);

        Assert.Equal((TimeSpan.FromSeconds(interval), TimeSpan.FromSeconds(timeout), missed), Heartbeat(host));
    }

    [Fact]
    public void Profile_WithConfigurationBoundBeforeAndCodeAfter_IsOverridden()
    {
        using IHost bound = Build("Production", new() { ["Realtime:Heartbeat:Interval"] = "00:00:10", ["Realtime:Limits:MaxConnections"] = "7" });
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(75), 2), Heartbeat(bound));
        Assert.Equal(7, bound.Services.GetRequiredService<IOptions<RealtimeOptions>>().Value.Limits.MaxConnections);
        Assert.Equal(7, bound.Services.GetRequiredService<ConnectionRegistry>().Places.Max);

        using IHost coded = Build("Production", configure: options => options.Heartbeat.Timeout = TimeSpan.FromSeconds(99));
        Assert.Equal((TimeSpan.FromSeconds(25), TimeSpan.FromSeconds(99), 2), Heartbeat(coded));
    }

    [Fact]
    public async Task Configuration_OfEachGroup_IsBound()
    {
        using IHost host = Build("Production", new()
        {
            ["Realtime:Retention:MaxAge"] = "00:01:00",
            ["Realtime:Retention:MaxEvents"] = "55",
            ["Realtime:Delivery:SendTimeout"] = "00:00:03",
            ["Realtime:Limits:MaxEventBytes"] = "20000",
            ["Realtime:Heartbeat:SweepInterval"] = "00:00:05",
            ["Realtime:Degradation:LogBudgetToRefuse"] = "0.5",
        });
        RealtimeOptions options = host.Services.GetRequiredService<IOptions<RealtimeOptions>>().Value;

        Assert.Equal((TimeSpan.FromMinutes(1), 55, TimeSpan.FromSeconds(3), 20_000, TimeSpan.FromSeconds(5)), (
            options.Retention.MaxAge, options.Retention.MaxEvents, options.Delivery.SendTimeout, options.Limits.MaxEventBytes, options.Heartbeat.SweepInterval));
        Assert.Equal(0.5, options.Degradation.LogBudgetToRefuse);
        using IHost bad = Build("Production", new() { ["Realtime:Limits:MaxConnections"] = "0" });
        await Assert.ThrowsAsync<OptionsValidationException>(() => bad.StartAsync().OrFail());
    }

    [Fact]
    public async Task AddNetraRealtime_Twice_IsHarmlessAndBothConfigure()
    {
        ServiceCollection services = new();
        services.AddNetraRealtime(options => options.Limits.MaxConnections = 5).MapMessage<int[]>("one", (_, _) => Task.CompletedTask);
        int registered = services.Count;
        services.AddNetraRealtime(options => options.Limits.MaxConnectionsPerUser = 2).MapMessage<int[]>("two", (_, _) => Task.CompletedTask);
        await using ServiceProvider provider = services.BuildServiceProvider(validateScopes: true);
        RealtimeOptions options = provider.GetRequiredService<IOptions<RealtimeOptions>>().Value;

        Assert.Equal((5, 2), (options.Limits.MaxConnections, options.Limits.MaxConnectionsPerUser));
        Assert.Equal(registered + 2, services.Count); // one more configuration, one more message
        Assert.Single(provider.GetServices<IHostedService>());
        Assert.Single(provider.GetServices<SessionDirectory>());
        ClientMessageTable table = provider.GetRequiredService<ClientMessageTable>();
        Assert.NotNull(table.Find("one"));
        Assert.NotNull(table.Find("two"));
        Assert.NotNull(table.Find("cancel"));
    }

    [Fact]
    public async Task TwoHosts_InOneProcess_ShareNothing()
    {
        await using RealtimeHarness one = new(options => options.Limits.MaxConnections = 1);
        await using RealtimeHarness two = new(options => options.Limits.MaxConnections = 1);
        FakeClient first = one.Connect();
        FakeClient second = two.Connect();
        (WelcomeMessage welcome, _) = await first.StartedAsync();
        (WelcomeMessage other, _) = await second.StartedAsync();
        Assert.NotEqual(welcome.Epoch, other.Epoch);

        one.Emitters.CreateFor(RealtimeHarness.Alice).Emit("only_one", 1);
        two.Emitters.CreateFor(RealtimeHarness.Alice).Emit("only_two", 1);
        Assert.Equal("only_one", (await first.NextAsync<CustomEvent>()).Type);
        Assert.Equal("only_two", (await second.NextAsync<CustomEvent>()).Type);

        await one.Connections.StopAsync(CancellationToken.None).OrFail();
        await second.RoundTripAsync();
    }

    [Theory]
    [InlineData("ack")]
    [InlineData("ping")]
    [InlineData("subscribe")]
    [InlineData("cancel")]
    [InlineData("join")]
    [InlineData("refresh")]
    [InlineData("agent_x")]
    [InlineData("Upper")]
    public void MapMessage_TypeThatIsNotTheApplications_Throws(string type)
    {
        RealtimeBuilder builder = new ServiceCollection().AddNetraRealtime();

        Assert.Throws<ArgumentException>(() => builder.MapMessage<int[]>(type, (_, _) => Task.CompletedTask));
    }

    [Fact]
    public async Task Host_StartsAndStops_InterruptsRunsAndClosesConnections()
    {
        using IHost host = Build("Testing");
        await host.StartAsync().OrFail();
        Netra.Realtime.Testing.InMemoryTransport transport = new();
        FakeClient client = new(transport, () => host.Services.GetRequiredService<RealtimeConnections>()
            .RunAsync(transport, new ConnectionRequest { User = RealtimeHarness.Alice }), answersClose: true);
        RunHandle run = host.Services.GetRequiredService<AgentRuns>().Start(
            RealtimeHarness.Alice, null, "agent", (_, _, cancellationToken) => new TaskCompletionSource().Task.WaitAsync(cancellationToken));

        await host.StopAsync().OrFail();

        Assert.Equal(RunOutcome.Interrupted, await run.Completion.OrFail());
        Assert.Equal(CloseReason.ServiceRestart, await client.EndedAsync());
        List<ServerMessage> messages = await client.ToEndAsync();
        Assert.Equal(FailureReason.Interrupted, Assert.IsType<AgentFailed>(messages[^2]).Reason);
        Assert.IsType<GoAwayMessage>(messages[^1]);
    }

    private static (TimeSpan Interval, TimeSpan Timeout, int Missed) Heartbeat(IHost host)
    {
        HeartbeatOptions heartbeat = host.Services.GetRequiredService<IOptions<RealtimeOptions>>().Value.Heartbeat;
        return (heartbeat.Interval, heartbeat.Timeout, heartbeat.Missed);
    }

    private static IHost Build(string environment, Dictionary<string, string?>? configuration = null, Action<RealtimeOptions>? configure = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = environment });
        builder.Configuration.AddInMemoryCollection(configuration ?? []);
        builder.Services.Configure<RealtimeOptions>(builder.Configuration.GetSection("Realtime"));
        builder.Services.AddSingleton<TimeProvider>(new FakeTimeProvider());
        builder.Services.AddMetrics();
        builder.Services.AddNetraRealtime(configure);
        return builder.Build();
    }
}
