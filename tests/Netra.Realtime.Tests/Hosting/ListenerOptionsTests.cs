using System.Net.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Netra.Realtime.Connections;
using Netra.Realtime.Hosting;

namespace Netra.Realtime.Tests.Hosting;

public sealed class ListenerOptionsTests
{
    public static TheoryData<string, Action<RealtimeListenerOptions>> Wrong => new()
    {
        { nameof(RealtimeListenerOptions.Authenticate), static options => options.Authenticate = null! },
        { nameof(RealtimeListenerOptions.Path), static options => options.Path = "ws" },
        { nameof(RealtimeListenerOptions.Path), static options => options.Path = "" },
        { nameof(RealtimeListenerOptions.HandshakeTimeout), static options => options.HandshakeTimeout = TimeSpan.FromMilliseconds(9) },
        { nameof(RealtimeListenerOptions.HandshakeTimeout), static options => options.HandshakeTimeout = TimeSpan.FromMinutes(10.1) },
        { nameof(RealtimeListenerOptions.AllowedOrigins), static options => options.AllowedOrigins.Add("example.com/path") },
        { nameof(RealtimeListenerOptions.Tls), static options => options.Tls = new SslServerAuthenticationOptions() },
        { nameof(RealtimeListenerOptions.EndPoint), static options => options.EndPoint = null! },
        { nameof(RealtimeListenerOptions.Backlog), static options => options.Backlog = 0 },
        { nameof(RealtimeListenerOptions.MaxAcceptsPerSecond), static options => options.MaxAcceptsPerSecond = 0 },
        { nameof(RealtimeListenerOptions.MaxHandshakes), static options => options.MaxHandshakes = 0 },
        { nameof(RealtimeListenerOptions.MaxHandshakesPerAddress), static options => options.MaxHandshakesPerAddress = -1 },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Listener_OptionThatCannotBeMeant_IsRefusedByName(string option, Action<RealtimeListenerOptions> change)
    {
        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(() => MakeAsync(change));

        Assert.Contains(option, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listener_NoAuthentication_IsRefused()
    {
        await using ServiceProvider services = Services();

        Assert.Throws<OptionsValidationException>(() => new RealtimeListener(services.GetRequiredService<RealtimeConnections>(), new RealtimeListenerOptions()));
    }

    [Fact]
    public async Task Start_AfterTheEnd_IsRefused()
    {
        await using ServiceProvider services = Services();
        RealtimeListener listener = new(
            services.GetRequiredService<RealtimeConnections>(), new RealtimeListenerOptions { Authenticate = static (_, _) => new(Authentication.None) });
        await listener.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(listener.Start);
    }

    [Fact]
    public async Task Listener_LeastOfEach_IsAccepted() => await MakeAsync(static options =>
    {
        (options.Backlog, options.MaxAcceptsPerSecond, options.MaxHandshakes) = (1, 1, 1);
        options.HandshakeTimeout = TimeSpan.FromMilliseconds(10);
    });

    private static async Task MakeAsync(Action<RealtimeListenerOptions> change)
    {
        await using ServiceProvider services = Services();
        RealtimeListenerOptions options = new() { Authenticate = static (_, _) => new(Authentication.None) };
        change(options);
        await using RealtimeListener listener = new(services.GetRequiredService<RealtimeConnections>(), options);
    }

    private static ServiceProvider Services()
    {
        ServiceCollection services = new();
        services.AddNetraRealtime();
        return services.BuildServiceProvider();
    }
}
