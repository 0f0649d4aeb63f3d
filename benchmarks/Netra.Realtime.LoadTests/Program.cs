using System.Globalization;
using Netra.Realtime.LoadTests;

string Option(string name, string fallback) => Array.IndexOf(args, name) is int at and >= 0 && at + 1 < args.Length ? args[at + 1] : fallback;

switch (args.FirstOrDefault())
{
    case "serve":
        return await Server.RunAsync(Option("--target", "netra"), int.Parse(Option("--port", "0"), CultureInfo.InvariantCulture));
    default:
        await Console.Error.WriteLineAsync("serve --target netra|kestrel-websocket|signalr --port N");
        return 2;
}
