using System.Text;
using Netra.Realtime.Client;
using Netra.Realtime.Client.Runs;
using Netra.Realtime.Protocol;
using TerminalClient;

if (Arguments.Read(args) is not { } arguments)
{
    await Console.Error.WriteLineAsync(Arguments.Usage);
    return 2;
}

Console.OutputEncoding = Encoding.UTF8;
using CancellationTokenSource stop = new();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

using AgentChatApi chat = new(arguments.Endpoint);
RunId? asked = null;
Screen screen = new(isLive: !Console.IsOutputRedirected);
RealtimeClient? client = null;
Transcript? transcript = null;
RealtimeClientOptions options = new()
{
    Uri = arguments.Endpoint,
    Credentials = _ => new(arguments.Token is { } token ? RealtimeCredentials.Bearer(token) : new RealtimeCredentials { Cookies = chat.Cookies }),
    OnStatusChanged = status => screen.ShowConnection(Transcript.Words(status)),
    OnReset = (reason, _) =>
    {
        transcript!.Note($"Events were lost ({reason}): after a reconnect, open runs are shown again from their start.");
        return ValueTask.CompletedTask;
    },
    OnRunsChanged = changed =>
    {
        transcript!.ShowInterrupted(changed);
        if (asked is { } run && client!.Runs.Find(run) is { Status: not RunStatus.Running })
        {
            stop.Cancel(); // once its last event has been shown
        }
    },
};
await using (client = new RealtimeClient(options))
{
    transcript = new Transcript(client.Runs, screen);
    try
    {
        if (arguments.User is { } user)
        {
            await chat.SignInAsync(user, stop.Token);
        }

        await client.ConnectAsync(stop.Token);
        if (arguments.Question is { } question)
        {
            asked = await chat.AskAsync(question, stop.Token);
        }

        await foreach (AgentEvent e in client.ReadEventsAsync(stop.Token))
        {
            if (asked is null || e.RunId == asked)
            {
                transcript.Show(e);
            }
        }
    }
    catch (OperationCanceledException) when (stop.IsCancellationRequested)
    {
        // Ctrl+C, or the run that was asked for has ended.
    }
    catch (Exception e) when (e is RealtimeException or HttpRequestException)
    {
        screen.Clear();
        await Console.Error.WriteLineAsync(e.Message);
        return 1;
    }

    screen.Clear();
    return asked is { } ended && client.Runs.Find(ended)?.Status is not RunStatus.Completed ? 1 : 0;
}
