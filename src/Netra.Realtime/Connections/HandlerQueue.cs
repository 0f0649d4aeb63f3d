using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Connections;

/// <summary>The client messages of one connection on their way to their handlers: one after the other, off the read loop, so that a
/// slow handler delays neither acks nor pings nor the close.</summary>
/// <remarks>Bounded in items, and so in bytes by the largest message. A task exists only while there is something to handle; a
/// connection that ends does not wait for it, because a handler may take as long as it likes.</remarks>
internal sealed class HandlerQueue(
    RealtimeConnection connection, IServiceScopeFactory scopes, int capacityItems, ILogger logger)
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Queue<(ApplicationMessage Message, ClientMessageHandler Handler)> _waiting = new();
    private bool _isRunning;
    private Task? _run;

    public bool TryAdd(ApplicationMessage message, ClientMessageHandler handler)
    {
        lock (_gate)
        {
            if (_waiting.Count >= capacityItems)
            {
                return false;
            }

            _waiting.Enqueue((message, handler));
            if (!_isRunning)
            {
                _isRunning = true;
                _run = Task.Run(RunAsync, CancellationToken.None);
            }

            return true;
        }
    }

    private async Task RunAsync()
    {
        while (TryNext(out ApplicationMessage? message, out ClientMessageHandler? handler))
        {
            Exception? thrown = null;
            try
            {
                connection.Answer(message.Ref, await CallAsync(message, handler).ConfigureAwait(false));
            }
            catch (Exception e)
            {
                // The handler is the application's: its fault costs this message, and its text goes to the log only.
                connection.Refuse(new ErrorMessage { Ref = message.Ref, Code = ErrorCodes.Internal, Message = "The server failed to handle the message." });
                thrown = e;
            }

            if (thrown is not null)
            {
                ConnectionsLog.HandlerThrew(logger, thrown, connection.Id.Value);
            }
        }
    }

    private bool TryNext([NotNullWhen(true)] out ApplicationMessage? message, [NotNullWhen(true)] out ClientMessageHandler? handler)
    {
        lock (_gate)
        {
            // Of a connection that has closed, nothing more is begun.
            if (connection.CloseReason is null && _waiting.TryDequeue(out (ApplicationMessage Message, ClientMessageHandler Handler) next))
            {
                (message, handler) = next;
                return true;
            }

            _waiting.Clear();
            _isRunning = false;
            (message, handler) = (null, null);
            return false;
        }
    }

    // One answer, when the scope is over too: what its services do as they are disposed of belongs to the message.
    private async Task<ClientMessageAnswer> CallAsync(ApplicationMessage message, ClientMessageHandler handler)
    {
        AsyncServiceScope scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            ClientMessageContext context = new(connection, message, scope.ServiceProvider);
            await handler(message, context).ConfigureAwait(false);
            return context.Answer;
        }
    }
}
