using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Runs;

namespace RawStream;

/// <summary>The page of the sample AgentChat and the few requests that it makes, by the runtime's own HTTP server. Anybody may be anybody: it is for trying things out.</summary>
public sealed class PageServer(AgentRuns runs, IConfiguration configuration) : BackgroundService
{
    public const string Cookie = "rawstream";

    private static readonly string Root = typeof(PageServer).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "RepositoryRoot").Value!;
    private static readonly string[] Folders = [Path.Combine(Root, "samples", "AgentChat", "wwwroot"), Path.Combine(Root, "src", "netra-realtime-js", "src")];

    private readonly int _port = configuration.GetValue("port", 5090);

    public static UserId? UserOf(string? cookie) => UserId.TryParse(Uri.UnescapeDataString(cookie ?? ""), null, out UserId user) ? user : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using HttpListener http = new() { Prefixes = { $"http://127.0.0.1:{_port}/" } };
        http.Start();
        Console.WriteLine($"Open http://127.0.0.1:{_port}");
        await using CancellationTokenRegistration stop = stoppingToken.Register(http.Stop);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                _ = AnswerAsync(await http.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // Stopped, or a request that is none.
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        using HttpListenerResponse response = context.Response;
        try
        {
            UserId? user = UserOf(context.Request.Cookies[Cookie]?.Value);
            (int status, object? body) = (context.Request.HttpMethod, context.Request.Url!.AbsolutePath) switch
            {
                ("GET", "/me") => user is null ? (401, null) : (200, new { user = user.Value.Value }),
                ("POST", "/login") => await SignInAsync(context),
                ("POST", "/runs") => user is null ? (401, null) : await StartAsync(context.Request, user.Value),
                ("DELETE", ['/', 'r', 'u', 'n', 's', '/', .. string run]) when user is not null && RunId.TryParse(run, null, out RunId id) =>
                    (runs.Cancel(user.Value, id) == CancelOutcome.NotFound ? 404 : 202, new { }),
                ("GET", string path) => (await SendFileAsync(response, path == "/" ? "/index.html" : path), null),
                _ => (405, null),
            };
            response.StatusCode = status;
            if (body is not null)
            {
                await JsonSerializer.SerializeAsync(response.OutputStream, body);
            }
        }
        catch (Exception e) when (e is JsonException or HttpListenerException or InvalidOperationException)
        {
            // The request was nonsense, or whoever made it has left.
        }
    }

    private static async Task<(int Status, object? Body)> SignInAsync(HttpListenerContext context)
    {
        using JsonDocument login = await JsonDocument.ParseAsync(context.Request.InputStream);
        if (!UserId.TryParse(login.RootElement.GetProperty("user").GetString(), null, out UserId user))
        {
            return (400, new { message = "A user has a name." });
        }

        context.Response.Headers.Add("Set-Cookie", $"{Cookie}={Uri.EscapeDataString(user.Value)}; Path=/; HttpOnly; SameSite=Strict");
        return (204, null);
    }

    private async Task<(int Status, object? Body)> StartAsync(HttpListenerRequest request, UserId user)
    {
        using JsonDocument asked = await JsonDocument.ParseAsync(request.InputStream);
        string question = asked.RootElement.GetProperty("question").GetString() ?? "";
        ThreadId thread = ThreadId.Parse(asked.RootElement.GetProperty("thread_id").GetString()!, null);
        RunHandle handle = runs.Start(user, thread, "counter", (run, _, token) => CountAsync(run, question, token), new RunStart { Message = question });
        return handle.Started.IsInLog ? (202, new { run_id = handle.RunId.Value }) : (429, new { message = "Too many runs are open." });
    }

    // An agent that is small, and real: it counts in the question and the documents.
    private static async Task<object> CountAsync(RunEmitter run, string question, CancellationToken cancellationToken)
    {
        run.Think($"I count the words of “{question}” and look for them in the documents.");
        string[] words = question.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string text = await run.ToolAsync("read_file", new { file = "README.md" }, token => File.ReadAllTextAsync(Path.Combine(Root, "README.md"), token), cancellationToken);
        foreach (string word in words)
        {
            run.Respond($"{word}: {text.Split(word).Length - 1} times in the README. ");
            await Task.Delay(50, cancellationToken); // the pace of somebody who writes
        }

        return new { words = words.Length };
    }

    private async Task<int> SendFileAsync(HttpListenerResponse response, string path)
    {
        bool isClient = path.StartsWith("/netra-realtime/", StringComparison.Ordinal);
        string file = Path.Combine(Folders[isClient ? 1 : 0], Path.GetFileName(path));
        if (!File.Exists(file))
        {
            return 404;
        }

        string text = await File.ReadAllTextAsync(file);
        response.ContentType = Path.GetExtension(file) switch { ".html" => "text/html", ".js" => "text/javascript", ".css" => "text/css", _ => "text/plain" } + "; charset=utf-8";
        await response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text.Replace("content=\"/ws\"", $"content=\"ws://127.0.0.1:{_port + 1}/ws\"", StringComparison.Ordinal)));
        return 200;
    }
}
