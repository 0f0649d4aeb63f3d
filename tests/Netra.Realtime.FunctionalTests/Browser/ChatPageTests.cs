using Microsoft.Playwright;

namespace Netra.Realtime.FunctionalTests.Browser;

/// <summary>The main path as a person sees it: the real page in a real browser against the real sample.</summary>
public sealed class ChatPageTests : IAsyncLifetime
{
    private readonly ChatHost _host = new();
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        if (BrowserFactAttribute.Chromium is null)
        {
            return; // every test here is skipped, or fails for want of a browser
        }

        await _host.StartAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(ChatPage.Launch);
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        await _host.DisposeAsync();
    }

    [BrowserFact]
    public async Task TwoUsers_AskAtTheSameTime_EachSeesOnlyItsOwnRun()
    {
        ChatPage ada = await SignedInAsync("ada");
        ChatPage bob = await SignedInAsync("bob");

        await Task.WhenAll(ada.AskAsync("left", "What is a zebrafruit?"), bob.AskAsync("left", "What is an ironbridge?"));
        await Task.WhenAll(ada.WaitForRunAsync("completed"), bob.WaitForRunAsync("completed"));

        foreach ((ChatPage page, string own, string foreign, string foreignUser) in new[] { (ada, "zebrafruit", "ironbridge", "bob"), (bob, "ironbridge", "zebrafruit", "ada") })
        {
            List<(string Id, string Type)> handled = await page.HandledAsync();
            Assert.Equal("agent_started", handled[0].Type);
            Assert.Contains(handled, entry => entry.Type == "agent_thinking");
            Assert.Equal(3, handled.Count(entry => entry.Type == "tool_executing"));
            Assert.Equal(3, handled.Count(entry => entry.Type == "tool_completed"));
            Assert.Equal("agent_completed", handled[^1].Type);
            Assert.Equal(1, await page.Runs.CountAsync());
            Assert.Contains(own, await page.Page.GetByTestId("answer").InnerTextAsync(), StringComparison.Ordinal);

            string shown = await page.Page.Locator("#threads").InnerHTMLAsync();
            Assert.DoesNotContain(foreign, shown, StringComparison.Ordinal);
            Assert.NotEmpty(page.Frames);
            Assert.DoesNotContain(page.Frames, frame => frame.Contains(foreign, StringComparison.Ordinal));
            Assert.DoesNotContain(page.Frames, frame => frame.Contains($"\"{foreignUser}\"", StringComparison.Ordinal));
        }
    }

    [BrowserFact]
    public async Task ReloadInTheMiddleOfARun_ShowsTheWholeRun_NothingTwice()
    {
        ChatPage stays = await SignedInAsync("carol");
        ChatPage reloads = await ChatPage.OpenAsync(stays.Page.Context, _host.Url);
        await reloads.WaitForStateAsync("open");

        await reloads.AskAsync("left", "What is a zebrafruit?");
        await reloads.WaitForAnswerToGrowAsync();
        await reloads.Page.ReloadAsync();
        ChatPage late = await ChatPage.OpenAsync(stays.Page.Context, _host.Url);
        await Task.WhenAll(reloads.WaitForRunAsync("completed"), stays.WaitForRunAsync("completed"), late.WaitForRunAsync("completed"));

        // The tab that saw every delta by itself tells what was emitted.
        string emitted = await stays.RunTextAsync();
        Assert.Contains("responding", emitted, StringComparison.Ordinal);
        foreach (ChatPage page in new[] { reloads, late })
        {
            Assert.Equal(emitted, await page.RunTextAsync());
            List<(string Id, string Type)> handled = await page.HandledAsync();
            Assert.Equal("agent_started", handled[0].Type);
            Assert.Equal("agent_completed", handled[^1].Type);
            Assert.Equal(handled.Count, handled.Select(entry => entry.Id).Distinct(StringComparer.Ordinal).Count());
            Assert.Equal("0", await page.TextAsync("() => String(netraResets.length)"));
        }
    }

    [BrowserFact]
    public async Task DuplicatedTab_GetsAClientOfItsOwn_AndBothLive()
    {
        ChatPage original = await SignedInAsync("dave");
        string storage = await original.TextAsync("() => JSON.stringify(sessionStorage)");
        string client = await original.TextAsync("() => netra.clientId");

        // What "Duplicate tab" does: a new tab that begins with a copy of the session storage.
        IPage page = await original.Page.Context.NewPageAsync();
        await page.AddInitScriptAsync($"for (const [k, v] of Object.entries({storage})) sessionStorage.setItem(k, v);");
        await page.GotoAsync(_host.Url);
        await page.Locator("[data-testid=connection][data-state=open]").WaitForAsync();
        await original.AskAsync("left", "What is a zebrafruit?");
        await original.WaitForRunAsync("completed");

        Assert.NotEqual("{}", storage);
        Assert.NotEqual(client, await page.EvaluateAsync<string>("() => netra.clientId"));
        await page.Locator("[data-run-id][data-status=completed]").WaitForAsync();
        Assert.Equal("open", await original.Page.GetByTestId("connection").GetAttributeAsync("data-state"));
        Assert.Equal("open", await page.Locator("[data-testid=connection]").GetAttributeAsync("data-state"));
    }

    [BrowserFact]
    public async Task ClosedClient_GivesItsIdToTheNextOneOfThePage_AndTwoThatLiveHaveTheirOwn()
    {
        ChatPage page = await SignedInAsync("heidi");

        string ids = await page.TextAsync("""
            async () => {
              const { RealtimeClient } = await import('/netra-realtime/index.js');
              const open = (client) => new Promise((resolve) => {
                client.addEventListener('state', ({ detail }) => detail.state === 'open' && resolve(client.clientId));
                client.connect();
              });
              const first = netra.clientId;
              netra.close();
              const next = new RealtimeClient(document.querySelector('meta[name=realtime-url]').content);
              const second = await open(next);
              next.close();
              const again = await open(netra);
              const other = await open(next);
              return [second, again, other].map((id) => id === first).join();
            }
            """);

        Assert.Equal("true,true,false", ids);
        Assert.Equal("open", await page.TextAsync("() => netra.state.state"));
    }

    [BrowserFact]
    public async Task Cancel_InTheMiddleOfARun_EndsItAsCancelled()
    {
        ChatPage page = await SignedInAsync("erin");

        await page.AskAsync("left", "What is a zebrafruit?");
        await page.WaitForAnswerToGrowAsync();
        await page.Page.Locator("[data-status=running] [data-testid=cancel]").ClickAsync();
        await page.WaitForRunAsync("cancelled");

        Assert.Equal("agent_failed", (await page.HandledAsync())[^1].Type);
        Assert.Contains(page.Frames, frame => frame.Contains("\"reason\":\"cancelled\"", StringComparison.Ordinal));
    }

    [BrowserFact]
    public async Task FourthTab_SaysWhyItWaits_AndTheOthersLive()
    {
        ChatPage first = await SignedInAsync("frank");
        ChatPage[] others = [await ChatPage.OpenAsync(first.Page.Context, _host.Url), await ChatPage.OpenAsync(first.Page.Context, _host.Url)];
        foreach (ChatPage other in others)
        {
            await other.WaitForStateAsync("open");
        }

        ChatPage fourth = await ChatPage.OpenAsync(first.Page.Context, _host.Url);
        await fourth.WaitForStateAsync("waiting");

        ILocator connection = fourth.Page.GetByTestId("connection");
        Assert.Equal("1013", await connection.GetAttributeAsync("data-code"));
        Assert.Contains("maximum of open connections", await connection.InnerTextAsync(), StringComparison.Ordinal);
        foreach (ChatPage other in others.Append(first))
        {
            Assert.Equal("open", await other.Page.GetByTestId("connection").GetAttributeAsync("data-state"));
        }
    }

    [BrowserFact]
    public async Task ServerKilledAndStartedAgain_TheRunIsShownInterrupted_AndThePageGoesOn()
    {
        ChatPage page = await SignedInAsync("grace");
        await page.AskAsync("left", "What is a zebrafruit?");
        await page.WaitForAnswerToGrowAsync();

        await _host.KillAsync();
        await page.Page.Locator("[data-testid=connection]:not([data-state=open])").WaitForAsync();
        await _host.StartAsync();
        await page.WaitForRunAsync("interrupted");
        await page.WaitForStateAsync("open");
        await page.AskAsync("right", "What is an ironbridge?");
        await page.WaitForRunAsync("completed");

        Assert.Equal("grace", await page.Page.GetByTestId("connection").GetAttributeAsync("data-user"));
        Assert.Equal(2, await page.Runs.CountAsync());
    }

    private async Task<ChatPage> SignedInAsync(string user)
    {
        IBrowserContext context = await (_browser ?? throw new InvalidOperationException("There is no browser.")).NewContextAsync();
        ChatPage page = await ChatPage.OpenAsync(context, _host.Url);
        await page.SignInAsync(user);
        return page;
    }
}
