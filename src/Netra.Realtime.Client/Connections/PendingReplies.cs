using System.Globalization;
using System.Text.Json;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Connections;

/// <summary>The messages of one connection that wait for their answer, by <c>ref</c>. Any thread.</summary>
internal sealed class PendingReplies(int most)
{
    // _gate guards all; _isOver is set once, and what is added after it has failed already.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TaskCompletionSource<JsonElement?>> _waiting = new(StringComparer.Ordinal);
    private long _references;
    private bool _isOver;

    /// <exception cref="ConnectionLostException">The connection is over.</exception>
    /// <exception cref="InvalidOperationException">As many as may wait do.</exception>
    public (string Reference, Task<JsonElement?> Reply) Add()
    {
        TaskCompletionSource<JsonElement?> reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_isOver)
            {
                throw new ConnectionLostException(mayHaveArrived: false);
            }

            if (_waiting.Count >= most)
            {
                throw TooMany();
            }

            string reference = string.Create(CultureInfo.InvariantCulture, $"c{++_references}");
            _waiting.Add(reference, reply);
            return (reference, reply.Task);
        }
    }

    public static InvalidOperationException TooMany() => new("Too many messages wait for their answer: see RealtimeClientOptions.MaxPendingReplies.");

    /// <summary>Whoever waited waits no more.</summary>
    public void Forget(string reference) => Take(reference);

    public void Accept(ReplyMessage message) => Take(message.Ref)?.TrySetResult(message.Data);

    /// <summary>The answer to a <c>ping</c> of the application's.</summary>
    public void Accept(PongMessage message) => Take(message.Ref)?.TrySetResult(null);

    public void Refuse(ErrorMessage message) => Fail(Take(message.Ref), new MessageRefusedException(message.Code, message.Message));

    /// <summary>The connection has ended: no answer comes any more.</summary>
    public void End()
    {
        TaskCompletionSource<JsonElement?>[] lost;
        lock (_gate)
        {
            _isOver = true;
            lost = [.. _waiting.Values];
            _waiting.Clear();
        }

        foreach (TaskCompletionSource<JsonElement?> reply in lost)
        {
            Fail(reply, new ConnectionLostException(mayHaveArrived: true));
        }
    }

    private static void Fail(TaskCompletionSource<JsonElement?>? reply, Exception exception)
    {
        reply?.TrySetException(exception);
        _ = reply?.Task.Exception; // whoever waits sees it; who has just left must not be reported as having missed it
    }

    private TaskCompletionSource<JsonElement?>? Take(string? reference)
    {
        lock (_gate)
        {
            return reference is not null && _waiting.Remove(reference, out TaskCompletionSource<JsonElement?>? reply) ? reply : null;
        }
    }
}
