using System.Security.Claims;
using Netra.Realtime.Protocol;
using Netra.Realtime.Runs;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthentication("cookie").AddCookie("cookie"); // any scheme: the user is the claim "sub"
builder.Services.AddAuthorization();
builder.Services.AddNetraRealtime();

WebApplication app = builder.Build();
app.MapNetraRealtime("/ws").RequireAuthorization();
app.MapPost("/ask", (string question, ClaimsPrincipal user, AgentRuns runs) =>
    runs.Start(UserId.Create(user.FindFirstValue("sub")), new ThreadId("main"), "librarian", async (run, services, cancellationToken) =>
    {
        run.Think($"I look for {question}.");
        string[] files = await run.ToolAsync("search", new { question }, token => Task.FromResult(Directory.GetFiles(".", "*.md")), cancellationToken);
        run.Respond($"There are {files.Length} files.");
        return new { files };
    }).RunId.Value).RequireAuthorization();
await app.RunAsync();
