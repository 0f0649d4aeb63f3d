using System.Text;
using Netra.Realtime.LoadTests.Driving;

namespace Netra.Realtime.FunctionalTests.LoadTests;

public sealed class HubConversationTests
{
    private const string Welcome = """{"type":1,"target":"welcome","arguments":[]}""";

    private readonly HubConversation _hub = new("a+token");
    private readonly List<string> _taken = [];

    [Fact]
    public void Take_HandshakeAndPingBeforeTheFirstMessage_GreetOnlyWithIt()
    {
        Assert.False(Take("{}"));
        Assert.False(Take("""{"type":6}"""));
        Assert.True(Take(Welcome));

        Assert.Equal([Welcome], _taken);
    }

    [Fact]
    public void Opening_FirstConnection_IsTheHandshakeAndLaterTheSequence()
    {
        Assert.Equal("{\"protocol\":\"json\",\"version\":2}\u001e", Encoding.ASCII.GetString(_hub.Opening));

        Take(Welcome);

        Assert.Equal("{\"type\":9,\"sequenceId\":1}\u001e", Encoding.ASCII.GetString(_hub.Opening));
        Assert.Equal("&id=a%2Btoken", _hub.Query);
    }

    [Fact]
    public void Take_SentAgainFromANumber_HandsOnOnlyWhatIsNew()
    {
        Take(Welcome, Event(1), Event(2));

        Assert.True(Take("""{"type":9,"sequenceId":2}"""));
        Take(Event(1), Event(2), Event(3));

        Assert.Equal([Welcome, Event(1), Event(2), Event(3)], _taken);
        Assert.Equal("{\"type\":8,\"sequenceId\":4}\u001e", Encoding.ASCII.GetString(_hub.Ack));
    }

    [Fact]
    public void Take_NothingSentAgain_HandsOnAllThatFollows()
    {
        Take(Welcome, Event(1));

        Take("""{"type":9,"sequenceId":3}""", Event(2));

        Assert.Equal([Welcome, Event(1), Event(2)], _taken);
    }

    private static string Event(int n) => $$"""{"type":1,"target":"event","arguments":[{{n}}]}""";

    // All in one message, as a server may send them.
    private bool Take(params string[] records) => _hub.Take(
        Encoding.ASCII.GetBytes(string.Concat(records.Select(record => record + "\u001e"))), null!, (_, record) => _taken.Add(Encoding.ASCII.GetString(record)));
}
