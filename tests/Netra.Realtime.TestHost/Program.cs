using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Runs;
using Netra.Realtime.TestHost;

// A host in a process of its own, for tests that end it as an operator would. It believes whoever it is told, so it stays on the loopback.
WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.Services.AddAuthentication("name").AddScheme<AuthenticationSchemeOptions, NameAuthentication>("name", null);
builder.Services.AddAuthorization();
builder.Services.AddSingleton<HandledCount>();
builder.Services.AddNetraRealtime(options =>
{
    builder.Configuration.GetSection("Netra").Bind(options);
    options.Limits.ConnectsPerSecondPerUser = 0;
    options.Degradation.PoolQueueToRefuse = options.Degradation.PoolQueueToShed = 0;
    options.Degradation.MemoryLoadToRefuse = options.Degradation.MemoryLoadToShed = 0;
}).UseUndeliveredEventHandler<CountingHandler>();
builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(20));

WebApplication app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.MapNetraRealtime("/ws").RequireAuthorization();

// So many notes, numbered from 1 on.
app.MapPost("/notes/{count:int}", (int count, ClaimsPrincipal principal, EventEmitterFactory emitters) =>
{
    UserEventEmitter emitter = emitters.CreateFor(UserOf(principal));
    for (int i = 1; i <= count; i++)
    {
        emitter.Emit("note", i);
    }
}).RequireAuthorization();

// So many pages of 4 KiB.
app.MapPost("/pages/{count:int}", (int count, ClaimsPrincipal principal, EventEmitterFactory emitters) =>
{
    UserEventEmitter emitter = emitters.CreateFor(UserOf(principal));
    for (int i = 0; i < count; i++)
    {
        emitter.Emit("page", new string('x', 4 * 1024));
    }
}).RequireAuthorization();

// A run that counts, a word every 20 ms: until it is asked to stop, or, when it is stubborn, for ever.
app.MapPost("/runs/{kind}", (string kind, ClaimsPrincipal principal, AgentRuns runs) => runs.Start(UserOf(principal), null, kind, async (run, _, cancelled) =>
{
    run.ExecuteTool("count");
    int counted = 0;
    while (kind == "stubborn" || !cancelled.IsCancellationRequested)
    {
        run.Respond(string.Create(CultureInfo.InvariantCulture, $"{++counted} "));
        await Task.Delay(20, CancellationToken.None);
    }

    return counted;
}).RunId.Value).RequireAuthorization();
HandledCount handled = app.Services.GetRequiredService<HandledCount>();
await app.RunAsync();
foreach ((string user, int events) in handled.OfUsers)
{
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The handler got {events} events of {user}."));
}

static UserId UserOf(ClaimsPrincipal principal) => UserId.Create(principal.FindFirstValue("sub"));
