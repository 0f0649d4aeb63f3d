using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Netra.Realtime.Hosting;
using RawStream;

// The whole server: no ASP.NET Core, a socket of its own, the same wire.
HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
int port = builder.Configuration.GetValue("port", 5090);
builder.Services.AddNetraRealtime().AddListener(listener =>
{
    listener.EndPoint = new IPEndPoint(IPAddress.Loopback, port + 1);
    listener.AllowedOrigins.Add($"http://127.0.0.1:{port}");
    listener.Authenticate = static (request, _) => new(PageServer.UserOf(request.Cookie(PageServer.Cookie)) is { } user ? Authentication.Of(user) : Authentication.None);
});

// What is not about it: the page has to come from somewhere.
builder.Services.AddHostedService<PageServer>();
await builder.Build().RunAsync();
