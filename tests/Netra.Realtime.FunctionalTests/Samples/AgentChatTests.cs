using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Samples;

/// <summary>What the sample promises to whoever tries it: its HTTP, and a run at the socket.</summary>
public sealed class AgentChatTests : IDisposable
{
    private const string Sentence = "Lighthouses are painted red every seventh winter.";

    private readonly string _documents = Directory.CreateTempSubdirectory("agentchat-").FullName;

    public AgentChatTests()
    {
        File.WriteAllText(Path.Combine(_documents, "coast.md"), $"# Coast\n\n{Sentence} The keeper mixes the paint himself.\n");
        File.WriteAllText(Path.Combine(_documents, "kitchen.txt"), "Bread needs flour and patience.\n");
    }

    public void Dispose() => Directory.Delete(_documents, recursive: true);

    [Fact]
    public async Task Requests_OfTheContract_AreAnsweredAsItSays()
    {
        await using AgentChatProcess chat = await AgentChatProcess.StartAsync(_documents);
        using AgentChatProcess.Browser nobody = chat.NewBrowser();
        using HttpResponseMessage health = await nobody.Http.GetAsync("/health").OrFail();
        using HttpResponseMessage stranger = await nobody.Http.GetAsync("/me").OrFail();
        using HttpResponseMessage refusedRun = await nobody.Http.PostAsJsonAsync("/runs", new { thread_id = "t", question = "?" }).OrFail();
        using HttpResponseMessage nameless = await nobody.Http.PostAsJsonAsync("/login", new { user = "" }).OrFail();
        using HttpResponseMessage endpoint = await nobody.Http.GetAsync("/ws").OrFail();
        using HttpResponseMessage page = await nobody.Http.GetAsync("/").OrFail();
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized, HttpStatusCode.OK],
            new[] { health, stranger, refusedRun, nameless, endpoint, page }.Select(response => response.StatusCode));
        await Assert.ThrowsAsync<WebSocketException>(() => nobody.OpenAsync());

        using AgentChatProcess.Browser alice = await chat.SignInAsync("alice");
        using HttpResponseMessage me = await alice.Http.GetAsync("/me").OrFail();
        using HttpResponseMessage badRun = await alice.Http.PostAsJsonAsync("/runs", new { thread_id = "t", question = "" }).OrFail();
        using HttpResponseMessage upgrade = await alice.Http.GetAsync("/ws").OrFail();
        Assert.Equal("agentchat", Assert.Single(alice.Cookies.GetCookies(chat.Address)).Name);
        Assert.Equal("""{"user":"alice"}""", await me.Content.ReadAsStringAsync().OrFail());
        Assert.Equal(HttpStatusCode.BadRequest, badRun.StatusCode);
        Assert.Equal(HttpStatusCode.UpgradeRequired, upgrade.StatusCode);
    }

    [Fact]
    public async Task Run_AboutADocument_ArrivesWholeAndItsAnswerQuotesTheDocument()
    {
        await using AgentChatProcess chat = await AgentChatProcess.StartAsync(_documents);
        using AgentChatProcess.Browser alice = await chat.SignInAsync("alice");
        await using TestClient client = await alice.OpenAsync();
        Assert.Equal("alice", Assert.IsType<WelcomeMessage>(await client.NextAsync()).UserId);

        string run = await alice.StartRunAsync("thread-1", "When are lighthouses painted?");

        IReadOnlyList<AgentEvent> events = await client.ReadRunAsync();
        Assert.All(events, e => Assert.Equal((run, "thread-1", "librarian"), (e.RunId?.Value, e.ThreadId?.Value, e.Agent)));
        Assert.Equal("When are lighthouses painted?", Assert.IsType<AgentStarted>(events[0]).Message);
        Assert.Contains(events, e => e is AgentThinking);
        Assert.Equal(["list_files", "search_text", "read_file"], events.OfType<ToolExecuting>().Select(e => e.Tool));
        Assert.Equal(events.OfType<ToolExecuting>().Select(e => e.CallId), events.OfType<ToolCompleted>().Select(e => e.CallId));
        Assert.All(events.OfType<ToolCompleted>(), e => Assert.Equal(ToolStatus.Succeeded, e.Status));
        Assert.Equal("""["coast.md","kitchen.txt"]""", events.OfType<ToolCompleted>().First().Output!.Value.GetRawText());
        Assert.Contains(Sentence, string.Concat(events.OfType<AgentResponding>().Select(e => e.Delta)), StringComparison.Ordinal);
        Assert.Equal("""{"sources":["coast.md"]}""", Assert.IsType<AgentCompleted>(events[^1]).Result!.Value.GetRawText());
    }

    [Fact]
    public async Task Delete_OwnAndSomeoneElsesAndMissing_AreAnsweredAsTheContractSays()
    {
        await using AgentChatProcess chat = await AgentChatProcess.StartAsync(_documents);
        using AgentChatProcess.Browser alice = await chat.SignInAsync("alice");
        using AgentChatProcess.Browser bob = await chat.SignInAsync("bob");
        await using TestClient client = await alice.OpenAsync();
        string run = await alice.StartRunAsync("thread-1", "When are lighthouses painted?");
        await client.NextEventAsync();

        using HttpResponseMessage foreign = await bob.Http.DeleteAsync($"/runs/{run}").OrFail();
        using HttpResponseMessage missing = await bob.Http.DeleteAsync("/runs/r-missing").OrFail();
        using HttpResponseMessage open = await alice.Http.DeleteAsync($"/runs/{run}").OrFail();
        AgentEvent end = (await client.ReadRunAsync())[^1];
        using HttpResponseMessage ended = await alice.Http.DeleteAsync($"/runs/{run}").OrFail();
        using HttpResponseMessage endedForeign = await bob.Http.DeleteAsync($"/runs/{run}").OrFail();

        Assert.Equal(
            [HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.Accepted, HttpStatusCode.Accepted, HttpStatusCode.NotFound],
            new[] { foreign, missing, open, ended, endedForeign }.Select(response => response.StatusCode));
        string body = await missing.Content.ReadAsStringAsync().OrFail();
        Assert.Equal(body, await foreign.Content.ReadAsStringAsync().OrFail());
        Assert.Equal(body, await endedForeign.Content.ReadAsStringAsync().OrFail());
        Assert.Equal(FailureReason.Cancelled, Assert.IsType<AgentFailed>(end).Reason);
    }

    [Fact]
    public async Task Users_Two_SeeNothingOfEachOther()
    {
        await using AgentChatProcess chat = await AgentChatProcess.StartAsync(_documents);
        using AgentChatProcess.Browser alice = await chat.SignInAsync("alice");
        using AgentChatProcess.Browser bob = await chat.SignInAsync("bob");
        await using TestClient hers = await alice.OpenAsync();
        await using TestClient his = await bob.OpenAsync();

        string herRun = await alice.StartRunAsync("thread-1", "When are lighthouses painted?");
        string hisRun = await bob.StartRunAsync("thread-1", "What does bread need?");

        Assert.All(await hers.ReadRunAsync(), e => Assert.Equal(herRun, e.RunId?.Value));
        Assert.All(await his.ReadRunAsync(), e => Assert.Equal(hisRun, e.RunId?.Value));
        Assert.Empty(await hers.PingAsync());
        Assert.Empty(await his.PingAsync());
        Assert.DoesNotContain(hers.Texts, text => text.Contains(hisRun, StringComparison.Ordinal));
        Assert.DoesNotContain(his.Texts, text => text.Contains(herRun, StringComparison.Ordinal) || text.Contains("Lighthouses", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Limit_InTheEnvironment_Acts()
    {
        await using AgentChatProcess chat = await AgentChatProcess.StartAsync(_documents, ("Netra__Limits__MaxConnectionsPerUser", "1"));
        using AgentChatProcess.Browser alice = await chat.SignInAsync("alice");
        await using TestClient first = await alice.OpenAsync();
        Assert.IsType<WelcomeMessage>(await first.NextAsync());

        await using TestClient second = await alice.OpenAsync();

        Assert.Equal(new ClientClose(1013, "user connection limit"), await second.Closed);
        Assert.Empty(await first.PingAsync());
    }

    [Fact]
    public async Task Restart_OfTheProcess_KeepsTheCookieValid()
    {
        CookieContainer cookies;
        await using (AgentChatProcess before = await AgentChatProcess.StartAsync(_documents))
        {
            using AgentChatProcess.Browser alice = await before.SignInAsync("alice");
            cookies = alice.Cookies;
        }

        await using AgentChatProcess after = await AgentChatProcess.StartAsync(_documents);
        using AgentChatProcess.Browser returning = after.NewBrowser(cookies);

        using HttpResponseMessage me = await returning.Http.GetAsync("/me").OrFail();
        await using TestClient client = await returning.OpenAsync();

        Assert.Equal(HttpStatusCode.OK, me.StatusCode);
        Assert.Equal("alice", Assert.IsType<WelcomeMessage>(await client.NextAsync()).UserId);
    }
}
