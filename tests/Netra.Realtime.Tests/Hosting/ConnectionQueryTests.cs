using Netra.Realtime.Connections;
using Netra.Realtime.Hosting;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Tests.Hosting;

public sealed class ConnectionQueryTests
{
    private static readonly UserId Alice = UserId.Create("alice");
    private static readonly DateTimeOffset Soon = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("&&")]
    [InlineData("unknown=1&x")]
    public void Read_NothingThatIsKnown_IsThePlainConnection(string query)
    {
        ConnectionRequest request = Accepted(query);

        Assert.Equal(new ConnectionRequest { User = Alice, ExpiresAt = Soon }, request);
    }

    [Fact]
    public void Read_Everything_IsReadAndDecoded()
    {
        ConnectionRequest request = Accepted("?client=tab-1&start=live&last_event_id=k3-41&thread=t%201&thread=t+2&run=r%C3%A4&RUN=r-2");

        Assert.Equal((ClientId.Parse("tab-1", null), ReplayStart.Live, "k3-41"), (request.Client, request.Start, request.LastEventId));
        Assert.Equal(["t 1", "t 2"], request.Threads!.Select(id => id.Value));
        Assert.Equal(["rä", "r-2"], request.Runs!.Select(id => id.Value));
    }

    [Theory]
    [InlineData("token=x", "URL")]
    [InlineData("Access_Token", "URL")]
    [InlineData("access%5Ftoken=x", "URL")]
    [InlineData("client=", "client")]
    [InlineData("client=a&client=a", "client")]
    [InlineData("client=a%20b", "client")]
    [InlineData("start=", "start")]
    [InlineData("start=Open", "start")]
    [InlineData("start=open&start=open", "start")]
    [InlineData("thread", "thread")]
    [InlineData("thread=%00", "thread")]
    [InlineData("run=", "run")]
    [InlineData("last_event_id=1&last_event_id=2", "last_event_id")]
    public void Read_WhatCannotBeMeant_IsRefusedByName(string query, string named)
    {
        string? wrong = ConnectionQuery.Read(query, [], 32, Alice, Soon, out ConnectionRequest? request);

        Assert.Contains(named, wrong, StringComparison.Ordinal);
        Assert.Null(request);
    }

    [Theory]
    [InlineData(32, true)]
    [InlineData(33, false)]
    public void Read_FilterEntries_AreBounded(int count, bool isAccepted)
    {
        string query = string.Join('&', Enumerable.Range(0, count).Select(i => $"thread=t-{i}"));

        Assert.Equal(isAccepted, ConnectionQuery.Read(query, [], 32, Alice, Soon, out _) is null);
    }

    [Fact]
    public void Read_LastEventIdOfTheHeader_CountsWhereTheQueryHasNone()
    {
        Assert.Equal("h-1", Accepted("", "h-1").LastEventId);
        Assert.Equal("q-1", Accepted("last_event_id=q-1", "h-1").LastEventId);
        Assert.NotNull(ConnectionQuery.Read("", ["h-1", "h-2"], 32, Alice, Soon, out _));
    }

    private static ConnectionRequest Accepted(string query, params string[] lastEventIds)
    {
        Assert.Null(ConnectionQuery.Read(query, lastEventIds, 32, Alice, Soon, out ConnectionRequest? request));
        return request!;
    }
}
