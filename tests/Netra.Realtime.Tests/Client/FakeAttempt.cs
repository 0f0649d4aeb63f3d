using System.Net;
using Netra.Realtime.Client;
using Netra.Realtime.Client.Connections;

namespace Netra.Realtime.Tests.Client;

/// <summary>The client tries to connect: what becomes of it is the test's to say.</summary>
internal sealed class FakeAttempt(Uri address, RealtimeCredentials credentials, CancellationToken cancelled)
{
    private readonly TaskCompletionSource<Handshake> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Uri Address => address;

    public RealtimeCredentials Credentials => credentials;

    public Task<Handshake> Outcome => _outcome.Task.WaitAsync(cancelled);

    /// <summary>A field of the query, each value of it in order.</summary>
    public IReadOnlyList<string> Query(string name) =>
        [.. address.Query.TrimStart('?').Split('&').Select(pair => pair.Split('=')).Where(pair => pair[0] == name).Select(pair => Uri.UnescapeDataString(pair[1]))];

    public FakeSocket Accept()
    {
        FakeSocket socket = new();
        _outcome.SetResult(new Handshake(socket));
        return socket;
    }

    public void Refuse(HttpStatusCode status, TimeSpan retryAfter = default) =>
        _outcome.SetResult(new Handshake(null) { HttpStatus = status, RetryAfter = retryAfter });

    /// <summary>Nobody answers.</summary>
    public void Fail(Exception? cause = null) => _outcome.SetResult(new Handshake(null) { Cause = cause ?? new IOException("no route") });

    /// <summary>What no attempt will accept.</summary>
    public void Throw(Exception exception) => _outcome.SetException(exception);
}
