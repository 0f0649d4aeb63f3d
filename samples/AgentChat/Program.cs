using System.Security.Claims;
using AgentChat;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.FileProviders;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Runs;

string root = DocumentLibrary.RepositoryRoot;
WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions
{
    Args = args,
    ContentRootPath = Path.Combine(root, "samples", "AgentChat"),
});
if (builder.Configuration["urls"] is null)
{
    builder.WebHost.UseUrls("http://localhost:5080");
}

// A handshake whose bytes trickle in is cut sooner than by default.
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10));

builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(options =>
{
    options.Cookie.Name = "agentchat";
    options.Cookie.SameSite = SameSiteMode.Strict;
    options.Events.OnRedirectToLogin = context => Answer(context, StatusCodes.Status401Unauthorized);
    options.Events.OnRedirectToAccessDenied = context => Answer(context, StatusCodes.Status403Forbidden);
});
builder.Services.AddAuthorization();

// Keys that outlive the process: a restart signs nobody out. The folder is ignored by git.
builder.Services.AddDataProtection().SetApplicationName("AgentChat")
    .PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(builder.Environment.ContentRootPath, ".keys")));
builder.Services.AddSingleton(DocumentLibrary.From(builder.Configuration["documents"]));

builder.Services.Configure<RealtimeOptions>(builder.Configuration.GetSection("Netra"));
builder.Services.AddNetraRealtime()
    .IdentifyBy(principal => UserId.Create(principal.FindFirstValue("sub")));

builder.Services.AddHealthChecks().AddNetraRealtime();

WebApplication app = builder.Build();
app.UseDefaultFiles();
app.UseStaticFiles();
app.UseStaticFiles(new StaticFileOptions
{
    FileProvider = new PhysicalFileProvider(Path.Combine(root, "src", "netra-realtime-js", "src")),
    RequestPath = "/netra-realtime",
});
app.UseAuthentication();
app.UseAuthorization();

app.MapNetraRealtime("/ws", endpoint =>
{
    if (app.Configuration.GetValue<bool>("systemNetWebSockets"))
    {
        endpoint.UseSystemNetWebSockets(); // the framework's framing instead of the library's
    }
}).RequireAuthorization();
app.MapHealthChecks("/health");
app.MapGet("/me", (ClaimsPrincipal user) => Results.Json(new { user = user.FindFirstValue("sub") })).RequireAuthorization();

if (app.Environment.IsDevelopment())
{
    // Anybody may be anybody: this is a sign-in for trying things out, and the page says so.
    app.MapPost("/login", async (LoginRequest login, HttpContext http) =>
    {
        if (!UserId.TryParse(login.User, null, out UserId user))
        {
            return Results.BadRequest(new { message = "A user has a name." });
        }

        ClaimsIdentity identity = new([new Claim("sub", user.Value)], CookieAuthenticationDefaults.AuthenticationScheme);
        await http.SignInAsync(new ClaimsPrincipal(identity));
        return Results.NoContent();
    });
}

app.MapPost("/runs", (RunRequest request, ClaimsPrincipal principal, AgentRuns runs, DocumentLibrary documents) =>
{
    if (!ThreadId.TryParse(request.ThreadId, out ThreadId thread) || string.IsNullOrWhiteSpace(request.Question) || request.Question.Length > 2_000)
    {
        return Results.BadRequest(new { message = "A run has a thread_id and a question of at most 2,000 characters." });
    }

    DocumentAgent agent = new(documents);
    RunHandle handle = runs.Start(
        User(principal),
        thread,
        "librarian",
        (run, _, cancellationToken) => agent.AnswerAsync(run, request.Question, cancellationToken),
        new RunStart { Message = request.Question });
    return handle.Started.IsInLog
        ? Results.Json(new RunResponse(handle.RunId), statusCode: StatusCodes.Status202Accepted)
        : Results.Json(new { message = "Too many runs are open." }, statusCode: StatusCodes.Status429TooManyRequests);
}).RequireAuthorization();

app.MapDelete("/runs/{runId}", (string runId, ClaimsPrincipal principal, AgentRuns runs) =>
    RunId.TryParse(runId, out RunId run) && runs.Cancel(User(principal), run) != CancelOutcome.NotFound
        ? Results.Json(new { }, statusCode: StatusCodes.Status202Accepted)
        : Results.Json(new { message = "There is no such run." }, statusCode: StatusCodes.Status404NotFound)).RequireAuthorization();

await app.RunAsync();

static UserId User(ClaimsPrincipal principal) => UserId.Create(principal.FindFirstValue("sub"));

static Task Answer(RedirectContext<CookieAuthenticationOptions> context, int statusCode)
{
    context.Response.StatusCode = statusCode;
    return Task.CompletedTask;
}
