using System.Net;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Connections;
using Netra.Realtime.Hosting;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Connections;

public sealed class ConnectRatesTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void User_AtTheBurstAndOneMore_IsRefusedUntilTheRateAllows()
    {
        ConnectRates rates = new(new LimitOptions { ConnectsPerSecondPerUser = 4, ConnectBurstPerUser = 3 }, _time);
        for (int i = 0; i < 3; i++)
        {
            Assert.True(rates.Allows(RealtimeHarness.Alice, takes: true));
        }

        Assert.False(rates.Allows(RealtimeHarness.Alice, takes: true));
        Assert.True(rates.Allows(RealtimeHarness.Bob, takes: true));
        Assert.True(rates.Allows(UserId.Create("alice", "acme"), takes: true));
        _time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.False(rates.Allows(RealtimeHarness.Alice, takes: true));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(rates.Allows(RealtimeHarness.Alice, takes: true));
        Assert.False(rates.Allows(RealtimeHarness.Alice, takes: true));
    }

    [Fact]
    public void Asking_AsOftenAsOneLikes_TakesNothing()
    {
        ConnectRates rates = new(new LimitOptions { ConnectsPerSecondPerUser = 1, ConnectBurstPerUser = 1 }, _time);
        for (int i = 0; i < 100; i++)
        {
            Assert.True(rates.Allows(RealtimeHarness.Alice, takes: false));
        }

        Assert.True(rates.Allows(RealtimeHarness.Alice, takes: true));
        Assert.False(rates.Allows(RealtimeHarness.Alice, takes: false));
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    [InlineData("10.0.0.1", "::ffff:10.0.0.1", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("::ffff:10.0.0.1", "::ffff:10.0.0.2", false)]
    public void Address_OneMoreThanTheBurst_IsRefusedWhereItCountsAsTheSame(string one, string other, bool areOne)
    {
        ConnectRates rates = new(new LimitOptions { ConnectsPerSecondPerAddress = 1, ConnectBurstPerAddress = 1 }, _time);
        Assert.True(rates.AllowsAndTakes(At(one)));

        Assert.Equal(!areOne, rates.AllowsAndTakes(At(other)));
    }

    [Fact]
    public void Address_UnknownOrNoneOfIp_IsNotLimited()
    {
        ConnectRates rates = new(new LimitOptions { ConnectsPerSecondPerAddress = 1, ConnectBurstPerAddress = 1 }, _time);

        for (int i = 0; i < 3; i++)
        {
            Assert.True(rates.AllowsAndTakes((EndPoint?)null));
            Assert.True(rates.AllowsAndTakes(new DnsEndPoint("example.com", 443)));
        }
    }

    [Fact]
    public void Rate_OfZero_IsNone()
    {
        ConnectRates rates = new(new LimitOptions { ConnectsPerSecondPerUser = 0, ConnectBurstPerUser = 1, ConnectBurstPerAddress = 1 }, _time);

        for (int i = 0; i < 3; i++)
        {
            Assert.True(rates.Allows(RealtimeHarness.Alice, takes: true));
            Assert.True(rates.AllowsAndTakes(At("10.0.0.1")));
        }
    }

    [Fact]
    public void Kept_OfVeryManyAddressesAndUsers_IsBounded()
    {
        ConnectRates rates = new(new LimitOptions { ConnectsPerSecondPerAddress = 1 }, _time);
        byte[] address = new byte[16];
        address[0] = 0x20;

        for (int i = 0; i < 50_000; i++)
        {
            BitConverter.TryWriteBytes(address.AsSpan(2), i);
            rates.AllowsAndTakes(new IPEndPoint(new IPAddress(address), 1));
            rates.Allows(UserId.Create($"user-{i}"), takes: true);
        }

        Assert.InRange(rates.Kept, 10_000, 20_100); // 10,000 of each
    }

    [Fact]
    public void AddressCounter_AtTheLimitAndOneMore_IsRefusedAndForgetsWhoHasNone()
    {
        AddressCounter counter = new(2);
        IPAddress one = IPAddress.Parse("10.0.0.1");
        IPAddress other = IPAddress.Parse("10.0.0.2");
        Assert.True(counter.TryTake(one) && counter.TryTake(one));
        Assert.False(counter.TryTake(one));
        Assert.True(counter.TryTake(other));

        counter.Release(one);
        Assert.True(counter.TryTake(one));
        counter.Release(one);
        counter.Release(one);
        counter.Release(other);
        Assert.Equal(0, counter.Count);
    }

    [Fact]
    public async Task TenantLimit_AtItAndOneMore_RefusesThatTenantAlone()
    {
        await using RealtimeHarness realtime = new(options => options.Limits.MaxConnectionsPerTenant = 2);
        FakeClient one = await StartAsync(realtime, UserId.Create("alice", "acme"));
        await StartAsync(realtime, UserId.Create("bob", "acme"));

        Assert.Equal(CloseReason.TenantConnectionLimit, await realtime.Connect(UserId.Create("carol", "acme")).EndedAsync());

        await StartAsync(realtime, UserId.Create("alice", "other"));
        await StartAsync(realtime, RealtimeHarness.Alice);
        await StartAsync(realtime, RealtimeHarness.Alice);
        await StartAsync(realtime, RealtimeHarness.Alice);
        Assert.Equal((6, 2), (realtime.Registry.Places.Taken, realtime.Registry.Places.Tenants));
        one.Transport.ClientClose();
        await one.EndedAsync();
        await StartAsync(realtime, UserId.Create("carol", "acme"));
    }

    [Fact]
    public async Task TenantLimit_NewcomerRefusedByTheTotal_TakesNoPlaceOfItsTenant()
    {
        await using RealtimeHarness realtime = new(options => (options.Limits.MaxConnectionsPerTenant, options.Limits.MaxConnections) = (2, 1));
        FakeClient first = await StartAsync(realtime, RealtimeHarness.Alice);
        Assert.Equal(CloseReason.TotalConnectionLimit, await realtime.Connect(UserId.Create("carol", "acme")).EndedAsync());
        Assert.Equal(0, realtime.Registry.Places.Tenants);

        first.Transport.ClientClose();
        await first.EndedAsync();

        FakeClient second = await StartAsync(realtime, UserId.Create("carol", "acme"));
        second.Transport.ClientClose();
        await second.EndedAsync();
        Assert.Equal((0, 0), (realtime.Registry.Places.Taken, realtime.Registry.Places.Tenants));
    }

    private static IPEndPoint At(string address) => new(IPAddress.Parse(address), 1);

    private static async Task<FakeClient> StartAsync(RealtimeHarness realtime, UserId user)
    {
        FakeClient client = realtime.Connect(user);
        await client.StartedAsync();
        return client;
    }
}
