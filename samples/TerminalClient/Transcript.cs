using System.Globalization;
using Netra.Realtime.Client;
using Netra.Realtime.Client.Runs;
using Netra.Realtime.Protocol;

namespace TerminalClient;

/// <summary>Writes down what runs do: text as it comes, a line for each tool call once it has ended, and below, while they last, those that are open.</summary>
internal sealed class Transcript(RunsView runs, Screen screen)
{
    private readonly HashSet<RunId> _interrupted = [];
    private (RunId? Run, int Part) _text;

    public void Show(AgentEvent e)
    {
        switch (e)
        {
            case AgentStarted started:
                Line($"> {Name(e)}: {started.Message}");
                break;
            case AgentThinking thinking:
                Text(e, thinking.Part, thinking.Delta, isDim: true);
                break;
            case AgentResponding responding:
                Text(e, responding.Part, responding.Delta, isDim: false);
                break;
            case ToolCompleted done:
                Line(done.Status == ToolStatus.Succeeded
                    ? $"  + {done.Tool} {Milliseconds(done.DurationMs)}"
                    : $"  ! {done.Tool} failed after {Milliseconds(done.DurationMs)}: {done.Error?.Message}");
                break;
            case AgentCompleted done:
                Line($"= {Name(e)} completed in {Milliseconds(done.DurationMs)}");
                break;
            case AgentFailed failed:
                Line($"= {Name(e)} {failed.Reason}: {failed.Error?.Message}");
                break;
            case CustomEvent custom:
                Line($"  * {custom.Type} {custom.Payload}");
                break;
        }

        screen.ShowTools(runs.ToList().SelectMany(run => run.OpenTools).Select(Open));
    }

    /// <summary>Runs of which the server knows no more, so that no event will end them.</summary>
    public void ShowInterrupted(IEnumerable<RunId> changed)
    {
        foreach (RunId id in changed)
        {
            if (runs.Find(id) is { Status: RunStatus.Interrupted, EndedAt: null } run && _interrupted.Add(id))
            {
                Line($"= {run.Agent ?? "agent"} was interrupted");
            }
        }
    }

    public void Note(string text) => Line($"-- {text}");

    /// <summary>What to say of the connection; null when all is well.</summary>
    public static string? Words(ConnectionStatus status) => status switch
    {
        { State: ConnectionState.Waiting, RetryIn: { } wait } => $"The connection was lost ({Why(status)}), trying again in {Math.Ceiling(wait.TotalSeconds)} s.",
        { State: ConnectionState.Connecting } => "Connecting.",
        _ => null,
    };

    private static string Why(ConnectionStatus status) =>
        status.HttpStatus is { } refusal ? $"HTTP {(int)refusal}" : $"{status.CloseReason?.Code} {status.CloseReason?.Reason}".TrimEnd();

    private static string Open(RunTool tool) =>
        $"  . {tool.Tool}{(tool.Percent is { } percent ? $" {percent.ToString("0", CultureInfo.InvariantCulture)} %" : "")} {tool.Progress ?? tool.Input?.ToString()}";

    private static string Name(AgentEvent e) => e.Agent ?? "agent";

    private static string Milliseconds(long count) => string.Create(CultureInfo.InvariantCulture, $"{count} ms");

    private void Text(AgentEvent e, int part, string delta, bool isDim)
    {
        bool isNew = _text != (e.RunId, part);
        _text = (e.RunId, part);
        screen.Write(delta, isNew, isDim);
    }

    private void Line(string text)
    {
        _text = default;
        screen.Write(text + "\n", startsLine: true, isDim: false);
    }
}
