using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Playwright;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Browser;

/// <summary>The sample without ASP.NET Core, as a process of its own, and the same page against it.</summary>
public sealed class RawStreamPageTests
{
    [BrowserFact]
    public async Task Page_AgainstTheListener_ShowsARunAndComesBackAfterARestart()
    {
        string url = $"http://127.0.0.1:{FreePorts()}";
        Process host = await StartAsync(url);
        try
        {
            using IPlaywright playwright = await Playwright.CreateAsync();
            await using IBrowser browser = await playwright.Chromium.LaunchAsync(ChatPage.Launch);
            ChatPage page = await ChatPage.OpenAsync(await browser.NewContextAsync(), url);
            await page.SignInAsync("ada lovelace");
            await page.AskAsync("left", "What is a realtime socket?");
            await page.WaitForRunAsync("completed");

            Assert.Equal(["agent_started", "agent_thinking", "tool_executing", "tool_completed"], (await page.HandledAsync()).Select(entry => entry.Type).Take(4));
            Assert.Contains("times in the README", await page.Page.GetByTestId("answer").InnerTextAsync(), StringComparison.Ordinal);

            await StopAsync(host);
            await page.Page.Locator("[data-testid=connection]:not([data-state=open])").WaitForAsync();
            host = await StartAsync(url);
            await page.WaitForStateAsync("open");
            await page.AskAsync("right", "Is it there again?");
            await page.Page.Locator("[data-run-id][data-status=completed]").Nth(1).WaitForAsync();
        }
        finally
        {
            await StopAsync(host);
        }
    }

    // Built with these tests, in the same configuration and for the same framework.
    private static string Program => Path.Combine(
        AgentChat.DocumentLibrary.RepositoryRoot, "samples", "RawStream", "bin",
        Path.GetRelativePath(Path.Combine(AppContext.BaseDirectory, "..", ".."), AppContext.BaseDirectory), "RawStream.dll");

    private static async Task<Process> StartAsync(string url)
    {
        ProcessStartInfo start = new("dotnet")
        {
            ArgumentList = { Program, "--port", new Uri(url).Port.ToString(System.Globalization.CultureInfo.InvariantCulture) },
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        TaskCompletionSource isUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Process host = Process.Start(start)!; // UseShellExecute is false, so there is a process
        host.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.StartsWith("Open ", StringComparison.Ordinal) == true)
            {
                isUp.TrySetResult();
            }
        };
        host.BeginOutputReadLine();
        await isUp.Task.OrFail();
        return host;
    }

    private static async Task StopAsync(Process host)
    {
        if (!host.HasExited)
        {
            host.Kill();
            await host.WaitForExitAsync().OrFail();
        }
    }

    // One for the page and the next for the socket.
    private static int FreePorts()
    {
        while (true)
        {
            using TcpListener page = new(IPAddress.Loopback, 0);
            page.Start();
            int port = ((IPEndPoint)page.LocalEndpoint).Port;
            try
            {
                using TcpListener socket = new(IPAddress.Loopback, port + 1);
                socket.Start();
                return port;
            }
            catch (SocketException)
            {
                // The next is somebody's.
            }
        }
    }
}
