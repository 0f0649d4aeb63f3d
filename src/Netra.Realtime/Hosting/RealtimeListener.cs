using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using Netra.Realtime.Connections;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Transports;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Hosting;

/// <summary>A small server of its own: accepts TCP connections, with TLS if wanted, and serves those that shake hands. For hosts without ASP.NET Core.</summary>
/// <remarks>Connections that it has let in outlive it: the library's hosted service closes them, as those of every host.</remarks>
public sealed class RealtimeListener : IAsyncDisposable
{
    private static readonly TimeSpan AcceptRetry = TimeSpan.FromSeconds(1);

    private readonly RealtimeConnections _connections;
    private readonly RealtimeListenerOptions _options;
    private readonly StreamHost _host;
    private readonly SemaphoreSlim _handshakes;
    private readonly TokenBucket _accepts;
    private readonly TimeSpan _nextAccept;
    private readonly CancellationTokenSource _stop = new();
    private Socket? _socket;
    private Task _accepting = Task.CompletedTask;

    /// <summary>Makes a listener that does not listen yet.</summary>
    /// <param name="connections">What serves the connections.</param>
    /// <param name="options">The options; read once.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option cannot be meant.</exception>
    public RealtimeListener(RealtimeConnections connections, RealtimeListenerOptions options)
    {
        ArgumentNullException.ThrowIfNull(connections);
        ArgumentNullException.ThrowIfNull(options);
        _host = new StreamHost(connections, options);
        _connections = connections;
        _options = options;
        _handshakes = new SemaphoreSlim(options.MaxHandshakes);
        _nextAccept = TimeSpan.FromMilliseconds(Math.Ceiling(1000.0 / options.MaxAcceptsPerSecond)); // a timer of less than a millisecond is none
        _accepts = new TokenBucket(options.MaxAcceptsPerSecond, options.MaxAcceptsPerSecond, connections.Time);
    }

    /// <summary>Where it listens, with the port that was taken.</summary>
    /// <exception cref="InvalidOperationException">It was not started.</exception>
    public IPEndPoint LocalEndPoint => (IPEndPoint?)_socket?.LocalEndPoint ?? throw new InvalidOperationException("The listener was not started.");

    /// <summary>Begins to listen. Once.</summary>
    /// <exception cref="SocketException">The address is taken, or is not this machine's.</exception>
    public void Start()
    {
        if (_socket is not null)
        {
            throw new InvalidOperationException("The listener was started before.");
        }

        Socket socket = new(_options.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(_options.EndPoint);
            socket.Listen(_options.Backlog);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        _socket = socket;
        HostingLog.Listening(_connections.Logger, socket.LocalEndPoint!.ToString()!); // bound
        _accepting = AcceptAllAsync(socket);
    }

    /// <summary>Stops listening, and gives up those who are shaking hands.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _socket?.Dispose();
        await _accepting.ConfigureAwait(false);
    }

    private async Task AcceptAllAsync(Socket listening)
    {
        await Task.Yield(); // whoever starts does not accept
        try
        {
            while (true)
            {
                await _handshakes.WaitAsync(_stop.Token).ConfigureAwait(false);
                while (!_accepts.TryTake())
                {
                    await Task.Delay(_nextAccept, _connections.Time, _stop.Token).ConfigureAwait(false);
                }

                _ = ServeAsync(await AcceptAsync(listening).ConfigureAwait(false));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    // Without a file to spare nobody can be let in. It is said once a second, until somebody leaves.
    private async Task<Socket> AcceptAsync(Socket listening)
    {
        while (true)
        {
            try
            {
                return await listening.AcceptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (SocketException e) when (!_stop.IsCancellationRequested)
            {
                if (e.SocketErrorCode == SocketError.ConnectionReset)
                {
                    continue; // it left before it was let in
                }

                HostingLog.AcceptFailed(_connections.Logger, e.SocketErrorCode.ToString());
                await Task.Delay(AcceptRetry, _connections.Time, _stop.Token).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            (FramedTransport Transport, ConnectionRequest Request)? accepted;
            try
            {
                accepted = await ShakeHandsAsync(socket).ConfigureAwait(false);
            }
            finally
            {
                _handshakes.Release();
            }

            if (accepted is (FramedTransport transport, ConnectionRequest request))
            {
                await _connections.RunAsync(transport, request).ConfigureAwait(false);
            }
        }
        catch (SocketException)
        {
            socket.Dispose(); // it left before anything was said
        }
        catch (Exception e)
        {
            HostingLog.ServingFailed(_connections.Logger, e);
            socket.Dispose();
        }
    }

    // The kernel still sends what it has, the close frame last, and would keep it for minutes for a peer that does not read.
    private void LimitTheRest(Socket socket)
    {
        if (OperatingSystem.IsLinux())
        {
            const int Tcp = 6;
            const int TcpUserTimeout = 18; // see tcp(7): in milliseconds
            Span<byte> milliseconds = stackalloc byte[sizeof(int)];
            MemoryMarshal.Write(milliseconds, (int)_connections.Delivery.CloseTimeout.TotalMilliseconds);
            socket.SetRawSocketOption(Tcp, TcpUserTimeout, milliseconds);
        }
    }

    private async Task<(FramedTransport Transport, ConnectionRequest Request)?> ShakeHandsAsync(Socket socket)
    {
        socket.NoDelay = true;
        if (_connections.Delivery.SendBufferBytes > 0)
        {
            socket.SendBufferSize = _connections.Delivery.SendBufferBytes;
        }

        EndPoint? remote = socket.RemoteEndPoint;
        NetworkStream plain = new(socket, ownsSocket: true);
        if (_options.Tls is null)
        {
            return await _host.HandshakeAsync(plain, false, remote, Abort, EndSending, TimeSpan.Zero, _stop.Token).ConfigureAwait(false);
        }

        long began = _connections.Time.GetTimestamp();
        SslStream tls = new(plain);
        return await TryEncryptAsync(tls, _options.Tls).ConfigureAwait(false)
            ? await _host.HandshakeAsync(tls, true, remote, Abort, EndSendingTls, _connections.Time.GetElapsedTime(began), _stop.Token).ConfigureAwait(false)
            : null;

        // What the kernel still holds for a peer that is given up is thrown away.
        void Abort() => socket.Close(0);

        ValueTask EndSending()
        {
            try
            {
                LimitTheRest(socket);
                socket.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It is gone already.
            }

            return ValueTask.CompletedTask;
        }

        async ValueTask EndSendingTls()
        {
            try
            {
                await tls.ShutdownAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // It is gone already.
            }

            await EndSending().ConfigureAwait(false);
        }
    }

    private async Task<bool> TryEncryptAsync(SslStream tls, SslServerAuthenticationOptions options)
    {
        using CancellationTokenSource deadline = new(_options.HandshakeTimeout, _connections.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stop.Token);
        try
        {
            await tls.AuthenticateAsServerAsync(options, either.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            _connections.Metrics.HandshakeEnded(deadline.IsCancellationRequested ? HandshakeOutcome.TimedOut : HandshakeOutcome.Left);
            HostingLog.TlsFailed(_connections.Logger, e.GetType().Name);
            await tls.DisposeAsync().ConfigureAwait(false);
            return false;
        }
    }
}
