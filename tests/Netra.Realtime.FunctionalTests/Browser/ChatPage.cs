using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Playwright;

namespace Netra.Realtime.FunctionalTests.Browser;

/// <summary>One tab of the sample's page, and everything that its WebSockets received.</summary>
public sealed class ChatPage
{
    private readonly ConcurrentQueue<string> _frames = new();

    private ChatPage(IPage page)
    {
        Page = page;
        page.SetDefaultTimeout(30_000);
        page.WebSocket += (_, socket) => socket.FrameReceived += (_, frame) => _frames.Enqueue(frame.Text ?? "");
    }

    public static BrowserTypeLaunchOptions Launch => new()
    {
        ExecutablePath = BrowserFactAttribute.Chromium,
        Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    };

    public IPage Page { get; }

    /// <summary>Every frame that the browser recorded.</summary>
    public IReadOnlyCollection<string> Frames => _frames;

    public ILocator Runs => Page.Locator("[data-run-id]");

    public static async Task<ChatPage> OpenAsync(IBrowserContext context, string url)
    {
        ChatPage page = new(await context.NewPageAsync());
        await page.Page.GotoAsync(url);
        return page;
    }

    public async Task SignInAsync(string user)
    {
        await Page.GetByTestId("login-user").FillAsync(user);
        await Page.GetByTestId("login-submit").ClickAsync();
        await WaitForStateAsync("open");
    }

    public Task WaitForStateAsync(string state) => Page.Locator($"[data-testid=connection][data-state={state}]").WaitForAsync();

    public async Task AskAsync(string thread, string question)
    {
        await Page.GetByTestId($"question-{thread}").FillAsync(question);
        await Page.GetByTestId($"ask-{thread}").ClickAsync();
    }

    public Task WaitForRunAsync(string status) => Page.Locator($"[data-run-id][data-status={status}]").First.WaitForAsync();

    /// <summary>The answer has begun: there is text, and more to come.</summary>
    public async Task WaitForAnswerToGrowAsync() =>
        await Page.WaitForFunctionAsync("() => (document.querySelector('[data-testid=answer]')?.textContent ?? '').length > 40");

    public Task<string> TextAsync(string script) => Page.EvaluateAsync<string>(script);

    /// <summary>The texts of the parts of the one run, as the client holds them.</summary>
    public Task<string> RunTextAsync() => TextAsync("() => [...netra.runs.values()].map(r => r.parts.map(p => p.kind + p.part + ':' + p.text).join('\\n')).join('\\n\\n')");

    public async Task<List<(string Id, string Type)>> HandledAsync()
    {
        string json = await TextAsync("() => JSON.stringify(netraLog)");
        return [.. JsonDocument.Parse(json).RootElement.EnumerateArray()
            .Select(entry => (entry.GetProperty("id").GetString()!, entry.GetProperty("type").GetString()!))];
    }
}
