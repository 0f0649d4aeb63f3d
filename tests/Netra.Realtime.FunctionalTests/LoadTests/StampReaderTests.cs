using System.Text;
using Netra.Realtime.LoadTests.Driving;
using Netra.Realtime.LoadTests.Targets;

namespace Netra.Realtime.FunctionalTests.LoadTests;

public sealed class StampReaderTests
{
    [Fact]
    public void TryRead_Event_ReadsItsStamp()
    {
        Assert.Equal(["u7 12 99"], Read("""{"id":"e-1","type":"event","payload":{"to":"u7","n":12,"sent_ns":99,"filler":"xx"}}""", isText: false, out bool torn));
        Assert.False(torn);
    }

    [Fact]
    public void TryRead_CoalescedDeltas_ReadsEachStamp()
    {
        Assert.Equal(["u7 1 5", "u7 2 6", "u7 3 7"], Read("""{"delta":"to=u7;n=1;sent_ns=5;xxto=u7;n=2;sent_ns=6;to=u7;n=3;sent_ns=7;xx"}""", isText: true, out bool torn));
        Assert.False(torn);
    }

    [Theory]
    [InlineData("""{"delta":"to=u7;n=1;sent_ns=5;xxto=u7;n=2;sent"}""")]
    [InlineData("""{"delta":"to=u7;n=1;sent_ns=5;xxto=u7;n=x;sent_ns=6;"}""")]
    [InlineData("""{"delta":"to=u7;n=1;sent_ns=5;xxto=u7"}""")]
    public void TryRead_TornDelta_IsMalformed(string message)
    {
        Assert.Equal(["u7 1 5"], Read(message, isText: true, out bool torn));
        Assert.True(torn);
    }

    [Theory]
    [InlineData("u1", 1, 300)]
    [InlineData("u999", 1_000_000, 300)]
    [InlineData("*", 10, 1_500)]
    public void Create_AnySize_IsExactlyThatAndReadable(string to, long n, int size)
    {
        string json = System.Text.Json.JsonSerializer.Serialize(Payload.Create(to, n, size), PayloadJson.Default.Payload);
        string delta = Payload.Delta(to, n, size);

        Assert.Equal((size, size), (json.Length, delta.Length));
        Assert.StartsWith($"{to} {n} ", Assert.Single(Read(json, isText: false, out _)));
        Assert.StartsWith($"{to} {n} ", Assert.Single(Read(delta, isText: true, out _)));
    }

    private static List<string> Read(string message, bool isText, out bool isTorn)
    {
        List<string> stamps = [];
        StampReader reader = new(Encoding.UTF8.GetBytes(message), isText);
        while (reader.TryRead())
        {
            stamps.Add($"{Encoding.UTF8.GetString(reader.To)} {reader.N} {reader.SentNs}");
        }

        isTorn = reader.IsMalformed;
        return stamps;
    }
}
