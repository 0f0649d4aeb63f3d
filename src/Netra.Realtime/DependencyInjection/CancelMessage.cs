using System.Text.Json;
using Netra.Realtime.Connections;
using Netra.Realtime.Protocol;
using Netra.Realtime.Runs;

namespace Netra.Realtime.DependencyInjection;

/// <summary>The client message <c>cancel</c>: here, because the reader knows no runs and runs know no connections.</summary>
internal static class CancelMessage
{
    private static readonly JsonElement Ended = JsonElement.Parse("""{"ended":true}""");

    public static ClientMessageRegistration Handle(AgentRuns runs) => new("cancel")
    {
        Immediate = (user, message) => message.RunId is not { } run
            ? new ClientMessageAnswer(null, ErrorCodes.BadRequest, "A cancel has the run_id of a run.")
            : runs.Cancel(user, run) switch
            {
                CancelOutcome.NotFound => new ClientMessageAnswer(null, ErrorCodes.NotFound, "There is no such run."),
                CancelOutcome.AlreadyEnded => new ClientMessageAnswer(Ended),
                _ => default,
            },
    };
}
