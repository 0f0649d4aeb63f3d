using System.Buffers;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>Makes a stream a WebSocket: the I/O of the handshake, and its deadline.</summary>
internal static class StreamHandshake
{
    private const int FirstBufferBytes = 2048;

    /// <summary>Reads a request, answers it, and on 101 hands the stream over.</summary>
    /// <param name="stream">The stream; owned from now on.</param>
    /// <param name="decide">Makes the answer, usually with <see cref="ServerHandshake.Answer"/>. It has until the deadline, and is not waited for any longer.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="time">For the deadline.</param>
    /// <param name="abort">As of <see cref="FramedTransport"/>.</param>
    /// <param name="endSending">As of <see cref="FramedTransport"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>No transport where the client was refused, left, or took too long. Never throws for what it does.</returns>
    public static async Task<HandshakeResult> AcceptAsync(
        Stream stream,
        Func<HttpHead, CancellationToken, ValueTask<HandshakeAnswer>> decide,
        HandshakeLimits limits,
        TimeProvider time,
        Action? abort = null,
        Func<ValueTask>? endSending = null,
        CancellationToken cancellationToken = default)
    {
        HeadBuffer buffer = new();
        HandshakeResult result = new(null, null, null, HandshakeOutcome.Left);
        using CancellationTokenSource deadline = new(limits.Timeout, time);
        try
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            (HttpHeadStatus status, HttpHead? head) = await ReadAsync(stream, buffer, limits, either.Token).ConfigureAwait(false);
            if (status == HttpHeadStatus.Incomplete)
            {
                return result; // it left
            }

            HandshakeAnswer answer = status == HttpHeadStatus.Complete
                ? await decide(head!, either.Token).AsTask().WaitAsync(either.Token).ConfigureAwait(false) // complete: there is one
                : ServerHandshake.Refuse(status);
            result = result with { Head = status == HttpHeadStatus.Complete ? head : null };
            await stream.WriteAsync(answer.Bytes, either.Token).ConfigureAwait(false);
            result = result with
            {
                Outcome = answer.IsAccepted ? HandshakeOutcome.Accepted : answer.Status < 500 ? HandshakeOutcome.RefusedByRequest : HandshakeOutcome.RefusedByServer,
            };
            if (answer.IsAccepted)
            {
                FramedTransport transport = new(stream, true, time, abort, FramingLimits.Default, buffer.Unread.Span, endSending);
                result = result with { Transport = transport, Subprotocol = answer.Subprotocol };
            }
            else
            {
                if (endSending is not null)
                {
                    await endSending().ConfigureAwait(false);
                }

                await DrainAsync(stream, limits, time, either.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // It left, or took too long: nothing can be said to it any more.
            if (result.Outcome == HandshakeOutcome.Left && deadline.IsCancellationRequested)
            {
                result = result with { Outcome = HandshakeOutcome.TimedOut };
            }
        }
        finally
        {
            buffer.Return();
            if (result.Transport is null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }

        return result;
    }

    /// <summary>Sends a request, reads the answer, and on 101 hands the stream over.</summary>
    /// <param name="stream">The stream; owned from now on.</param>
    /// <param name="handshake">The request.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="time">For the deadline.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The open WebSocket.</returns>
    /// <exception cref="RealtimeProtocolException">The server refused, or speaks something else; the stream is disposed of, as with all else that is thrown.</exception>
    public static async Task<HandshakeResult> ConnectAsync(
        Stream stream, ClientHandshake handshake, HandshakeLimits limits, TimeProvider time, CancellationToken cancellationToken = default)
    {
        HeadBuffer buffer = new();
        HandshakeResult? result = null;
        try
        {
            using CancellationTokenSource deadline = new(limits.Timeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            await stream.WriteAsync(handshake.Request, either.Token).ConfigureAwait(false);
            (HttpHeadStatus status, HttpHead? head) = await ReadAsync(stream, buffer, limits, either.Token).ConfigureAwait(false);
            string? subprotocol = status == HttpHeadStatus.Complete
                ? handshake.Verify(head!) // complete: there is one
                : throw new RealtimeProtocolException("The server did not answer with a head of HTTP/1.1.", null);
            result = new HandshakeResult(new FramedTransport(stream, false, time, null, FramingLimits.Default, buffer.Unread.Span), head, subprotocol);
            return result;
        }
        finally
        {
            buffer.Return();
            if (result is null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    // Incomplete: the stream has ended.
    private static async Task<(HttpHeadStatus Status, HttpHead? Head)> ReadAsync(
        Stream stream, HeadBuffer buffer, HandshakeLimits limits, CancellationToken cancellationToken)
    {
        HttpHeadReader reader = new(limits.MaxHeadBytes, limits.MaxFields);
        while (true)
        {
            int read = await stream.ReadAsync(buffer.Free(FirstBufferBytes), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return (HttpHeadStatus.Incomplete, null);
            }

            buffer.Advance(read);
            ReadOnlySequence<byte> unread = new(buffer.Unread);
            HttpHeadStatus status = reader.Read(ref unread, out HttpHead? head);
            buffer.Keep((int)unread.Length);
            if (status != HttpHeadStatus.Incomplete)
            {
                return (status, head);
            }
        }
    }

    // What is left unread when a socket is closed makes it a reset, which takes the refusal with it.
    private static async Task DrainAsync(Stream stream, HandshakeLimits limits, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = new(limits.DrainTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        byte[] discarded = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        try
        {
            while (await stream.ReadAsync(discarded.AsMemory(), either.Token).ConfigureAwait(false) > 0)
            {
                either.Token.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(discarded);
        }
    }
}
