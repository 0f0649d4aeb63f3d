using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Netra.Realtime.Client.Connections;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client;

/// <content>What the application sends.</content>
public sealed partial class RealtimeClient
{
    /// <summary>Sends a message to its handler on the server.</summary>
    /// <typeparam name="T">The type of the payload.</typeparam>
    /// <param name="type">The type of the message.</param>
    /// <param name="payload">An object whose properties are the fields of the message; <c>type</c> and <c>ref</c> are the protocol's.</param>
    /// <param name="typeInfo">How it is serialized.</param>
    /// <param name="cancellationToken">Ends the waiting; what is sent is not recalled.</param>
    /// <returns>What the handler answers, if anything.</returns>
    /// <remarks>Nothing is kept for later: without a connection it fails at once. The answer comes behind the events that were sent before it.</remarks>
    /// <exception cref="MessageRefusedException">The server refused it, or it is larger than the server takes (<c>too_large</c>).</exception>
    /// <exception cref="ConnectionLostException">There is no connection, or it ended before the answer came.</exception>
    /// <exception cref="TimeoutException">No answer came within <see cref="RealtimeClientOptions.ReplyTimeout"/>; the message may have arrived.</exception>
    /// <exception cref="InvalidOperationException">As many messages wait for their answer as <see cref="RealtimeClientOptions.MaxPendingReplies"/> lets.</exception>
    /// <exception cref="ArgumentException">The payload is no object, or has a field of the protocol.</exception>
    public Task<JsonElement?> SendAsync<T>(string type, T payload, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(type);
        JsonElement fields = JsonSerializer.SerializeToElement(payload, typeInfo);
        return SendAsync(reference => OutgoingMessage.Write(type, reference, fields), cancellationToken);
    }

    /// <summary>Sends a message without a payload.</summary>
    /// <inheritdoc cref="SendAsync{T}"/>
    public Task<JsonElement?> SendAsync(string type, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(type);
        return SendAsync(type, static _ => { }, cancellationToken);
    }

    /// <summary>Asks a run to stop.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Ends the waiting; what is sent is not recalled.</param>
    /// <returns>False when it had ended already.</returns>
    /// <remarks>It fails as <see cref="SendAsync{T}"/> does; <c>not_found</c> is also the answer for a run of somebody else.</remarks>
    public async Task<bool> CancelAsync(RunId run, CancellationToken cancellationToken = default)
    {
        JsonElement? answer = await SendAsync("cancel", json => json.WriteString("run_id"u8, run.Value), cancellationToken).ConfigureAwait(false);
        return !(answer is { ValueKind: JsonValueKind.Object } data
            && data.TryGetProperty("ended"u8, out JsonElement ended) && ended.ValueKind == JsonValueKind.True);
    }

    /// <summary>Makes the user, on all connections, a member of a room.</summary>
    /// <param name="room">The room.</param>
    /// <param name="cancellationToken">Ends the waiting; what is sent is not recalled.</param>
    /// <returns>Completes when the server has agreed. It fails as <see cref="SendAsync{T}"/> does.</returns>
    public Task JoinAsync(RoomId room, CancellationToken cancellationToken = default) =>
        SendAsync("join", json => json.WriteString("room"u8, room.Value), cancellationToken);

    /// <summary>Ends the user's membership of a room.</summary>
    /// <param name="room">The room.</param>
    /// <param name="cancellationToken">Ends the waiting; what is sent is not recalled.</param>
    /// <returns>Completes when the server has agreed. It fails as <see cref="SendAsync{T}"/> does.</returns>
    public Task LeaveAsync(RoomId room, CancellationToken cancellationToken = default) =>
        SendAsync("leave", json => json.WriteString("room"u8, room.Value), cancellationToken);

    /// <summary>Replaces the filter, for this connection from here on and for all later ones. Without a connection it holds from the next one on.</summary>
    /// <param name="threads">Only events of these threads, and those of no thread. Null: all; empty: none.</param>
    /// <param name="runs">Only events of these runs, and those of no thread. Null: all; empty: none.</param>
    /// <param name="cancellationToken">Ends the waiting; what is sent is not recalled.</param>
    /// <returns>Completes when the server has agreed; a filter that it refuses is not kept.</returns>
    /// <remarks>It never goes back: to see an open run from its start, make another client.</remarks>
    /// <exception cref="MessageRefusedException">The server refused it.</exception>
    /// <exception cref="ConnectionLostException">The connection ended before the answer came; the former filter stays.</exception>
    /// <exception cref="TimeoutException">No answer came in time: this connection may have the filter, later ones have the former.</exception>
    public async Task SubscribeAsync(IReadOnlySet<ThreadId>? threads, IReadOnlySet<RunId>? runs, CancellationToken cancellationToken = default)
    {
        EventFilter filter = new(threads?.ToHashSet(), runs?.ToHashSet());
        OpenConnection? open = _loop.Open;
        if (open is not null)
        {
            await SendAsync(open, reference => OutgoingMessage.Subscribe(reference, filter), cancellationToken).ConfigureAwait(false);
        }

        _loop.SetFilter(filter, open);
    }

    private Task<JsonElement?> SendAsync(string type, Action<Utf8JsonWriter> writeFields, CancellationToken cancellationToken) =>
        SendAsync(reference => OutgoingMessage.Write(type, reference, writeFields), cancellationToken);

    private Task<JsonElement?> SendAsync(Func<string, byte[]> write, CancellationToken cancellationToken) =>
        SendAsync(_loop.Open, write, cancellationToken);

    private async Task<JsonElement?> SendAsync(OpenConnection? connection, Func<string, byte[]> write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        OpenConnection open = connection ?? throw new ConnectionLostException(mayHaveArrived: false);
        PendingReplies replies = open.Connection.Replies;
        (string reference, Task<JsonElement?> reply) = replies.Add();
        try
        {
            byte[] message = write(reference);
            if (message.Length > open.MaxMessageBytes)
            {
                throw new MessageRefusedException(ErrorCodes.TooLarge, "The message is larger than the server takes."); // it would close with 1009
            }

            if (!open.Connection.TrySend(message))
            {
                throw open.Connection.IsEnding ? new ConnectionLostException(mayHaveArrived: false) : PendingReplies.TooMany();
            }

            return await reply.WaitAsync(_options.ReplyTimeout, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            replies.Forget(reference);
        }
    }
}
