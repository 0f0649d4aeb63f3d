using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Client.Connections;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Tests.Client;

public sealed class ReconnectPolicyTests
{
    private static readonly ConnectionEnd InternalError = new(CloseReason.InternalError);

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(0.999999)]
    public void After_EndsInARow_WaitsGrowToThirtySecondsWithinTheirRandomBound(double roll)
    {
        ReconnectPolicy policy = new(new FakeTimeProvider(), () => roll);

        foreach (int boundMs in new[] { 0, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000 })
        {
            Assert.Equal(roll * boundMs, policy.After(InternalError)!.Value.TotalMilliseconds, 3);
        }
    }

    [Fact]
    public void After_ConnectionLivedTenSecondsAfterItsWelcome_WaitsBeginAnew()
    {
        ReconnectPolicy policy = new(new FakeTimeProvider(), () => 0.5);
        policy.After(InternalError);
        policy.After(InternalError);

        TimeSpan? tooSoon = policy.After(InternalError with { LivedFor = TimeSpan.FromMilliseconds(9_999) });
        TimeSpan? settled = policy.After(InternalError with { LivedFor = TimeSpan.FromSeconds(10) });

        Assert.Equal((500, 0), (tooSoon!.Value.TotalMilliseconds, settled!.Value.TotalMilliseconds));
    }

    [Fact]
    public void After_ProtocolErrorsWithLifeBetween_AreNotGivenUp()
    {
        ReconnectPolicy policy = new(new FakeTimeProvider(), () => 0.5);

        for (int i = 0; i < 5; i++)
        {
            Assert.NotNull(policy.After(new ConnectionEnd(CloseReason.MessageTooBig) { LivedFor = TimeSpan.FromSeconds(10) }));
        }
    }

    [Fact]
    public void After_ProtocolErrorsWithAnotherEndBetween_AreNotInARow()
    {
        ReconnectPolicy policy = new(new FakeTimeProvider(), () => 0.5);

        foreach (CloseReason reason in new[] { CloseReason.ProtocolError, CloseReason.ProtocolError, CloseReason.SlowConsumer, CloseReason.ProtocolError, CloseReason.ProtocolError })
        {
            Assert.NotNull(policy.After(new ConnectionEnd(reason)));
        }

        Assert.Null(policy.After(new ConnectionEnd(CloseReason.ProtocolError)));
    }

    [Fact]
    public void After_AFloorAndItsOwnWait_TheLargerFloorCounts()
    {
        ReconnectPolicy policy = new(new FakeTimeProvider(), () => 0);

        Assert.Equal(TimeSpan.FromSeconds(40), policy.After(new ConnectionEnd(CloseReason.UserConnectionLimit) { NotSooner = TimeSpan.FromSeconds(40) }));
        Assert.Equal(TimeSpan.FromSeconds(30), policy.After(new ConnectionEnd(CloseReason.UserConnectionLimit) { NotSooner = TimeSpan.FromSeconds(20) }));
    }
}
