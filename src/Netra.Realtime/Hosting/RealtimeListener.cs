using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Netra.Realtime.Connections;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Transports;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Hosting;

/// <summary>A small server of its own: accepts TCP connections, with TLS if wanted, and serves those that shake hands. For hosts without ASP.NET Core.</summary>
/// <remarks>Connections that it has let in outlive it: the library's hosted service closes them, as those of every host.</remarks>
public sealed class RealtimeListener : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan AcceptRetry = TimeSpan.FromSeconds(1);

    private readonly RealtimeConnections _connections;
    private readonly IPEndPoint _endPoint;
    private readonly int _backlog;
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly TimeSpan _handshakeTimeout;
    private readonly StreamHost _host;
    private readonly SemaphoreSlim _handshakes;
    private readonly AddressCounter _addresses;
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
        (_endPoint, _backlog, _tls, _handshakeTimeout) = (options.EndPoint, options.Backlog, options.Tls, options.HandshakeTimeout);
        if (_tls is { ServerCertificateContext: null, ServerCertificate: X509Certificate2 { HasPrivateKey: true } certificate })
        {
            _tls.ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null); // its chain is built once, and sessions are resumed
        }

        _handshakes = new SemaphoreSlim(options.MaxHandshakes);
        _addresses = new AddressCounter(options.MaxHandshakesPerAddress);
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
        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
        if (_socket is not null)
        {
            throw new InvalidOperationException("The listener was started before.");
        }

        Socket socket = new(_endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (_endPoint.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true; // any is any, as with other servers
            }

            socket.Bind(_endPoint);
            socket.Listen(_backlog);
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

    /// <summary>The same, and does not wait for it.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _socket?.Dispose();
    }

    // Nothing but the stop ends it: a port that is bound and answers nobody would be worse than one that is closed.
    private async Task AcceptAllAsync(Socket listening)
    {
        await Task.Yield(); // whoever starts does not accept
        while (!_stop.IsCancellationRequested)
        {
            bool hasPlace = false;
            try
            {
                await _handshakes.WaitAsync(_stop.Token).ConfigureAwait(false);
                hasPlace = true;
                while (!_accepts.TryTake())
                {
                    await Task.Delay(_nextAccept, _connections.Time, _stop.Token).ConfigureAwait(false);
                }

                Socket socket = await listening.AcceptAsync(_stop.Token).ConfigureAwait(false);
                hasPlace = false;
                _ = ServeAsync(socket); // its place is given back there
            }
            catch (Exception e)
            {
                await RecoverAsync(e).ConfigureAwait(false);
            }

            if (hasPlace)
            {
                _handshakes.Release();
            }
        }
    }

    // Without a file to spare nobody can be let in. It is said once a second, until somebody leaves.
    private async Task RecoverAsync(Exception thrown)
    {
        if (_stop.IsCancellationRequested || thrown is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted })
        {
            return; // stopped, or a client that left before it was let in
        }

        HostingLog.AcceptFailed(_connections.Logger, thrown is SocketException socket ? socket.SocketErrorCode.ToString() : thrown.GetType().Name);
        await Task.Delay(AcceptRetry, _connections.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ServeAsync(Socket socket)
    {
        // The next is let in meanwhile: what is there already to be read, and the application's authentication, do not wait by themselves.
        await Task.Yield();
        try
        {
            (FramedTransport Transport, ConnectionRequest Request)? accepted;
            try
            {
                accepted = await ShakeHandsInTurnAsync(socket).ConfigureAwait(false);
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
            socket.Dispose();
            HostingLog.ServingFailed(_connections.Logger, e);
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

    private async Task<(FramedTransport Transport, ConnectionRequest Request)?> ShakeHandsInTurnAsync(Socket socket)
    {
        IPAddress address = ((IPEndPoint)socket.RemoteEndPoint!).Address; // of a TCP socket that was accepted
        if (!_addresses.TryTake(address))
        {
            _connections.Metrics.Rejected("address_handshakes");
            socket.Close(0); // there may be very many of them: nothing is said, nothing is kept
            return null;
        }

        try
        {
            return await ShakeHandsAsync(socket).ConfigureAwait(false);
        }
        finally
        {
            _addresses.Release(address);
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
        if (_tls is null)
        {
            return await _host.HandshakeAsync(plain, false, remote, Abort, EndSending, TimeSpan.Zero, _stop.Token).ConfigureAwait(false);
        }

        long began = _connections.Time.GetTimestamp();
        SslStream tls = new(plain);
        return await TryEncryptAsync(tls, _tls).ConfigureAwait(false)
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
        using CancellationTokenSource deadline = new(_handshakeTimeout, _connections.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stop.Token);
        try
        {
            await tls.AuthenticateAsServerAsync(options, either.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            _connections.Metrics.HandshakeEnded(deadline.IsCancellationRequested ? HandshakeOutcome.TimedOut : HandshakeOutcome.Left);
            if (e is AuthenticationException or IOException or OperationCanceledException or ObjectDisposedException)
            {
                HostingLog.TlsFailed(_connections.Logger, e.GetType().Name);
            }
            else
            {
                HostingLog.TlsBroken(_connections.Logger, e);
            }

            return false;
        }
    }
}
