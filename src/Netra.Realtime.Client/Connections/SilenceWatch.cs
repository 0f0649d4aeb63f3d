using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Connections;

/// <summary>A socket can be dead for many minutes before the system knows: after a silence the server is asked, and a second silence is the end.</summary>
/// <remarks>A silence is no sign of death while the client itself does not read, because its queue is full.</remarks>
internal sealed class SilenceWatch : IDisposable
{
    // What a server says of itself must not become a busy loop, or a timer that no clock takes.
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly ClientConnection _connection;
    private readonly Func<bool> _isHeldUp;
    private readonly bool _mustSpeak;
    private readonly ITimer? _timer;

    // Only the timer's callback, of which one runs at a time: it does not wait, and the periods are not shorter than a second.
    private int _heardBefore;
    private bool _asked;

    public SilenceWatch(ClientConnection connection, HeartbeatSettings heartbeat, Func<bool> isHeldUp, TimeProvider time)
    {
        (_connection, _isHeldUp) = (connection, isHeldUp);

        // Interval 0: the server does not ask, and closes whoever says nothing for its timeout.
        _mustSpeak = heartbeat.IntervalMs == 0;
        _heardBefore = connection.Heard;
        TimeSpan silence = TimeSpan.FromMilliseconds(Math.Clamp(
            _mustSpeak ? heartbeat.TimeoutMs / 3 : heartbeat.TimeoutMs, (long)Shortest.TotalMilliseconds, (long)Longest.TotalMilliseconds));
        _timer = heartbeat.TimeoutMs > 0 ? time.CreateTimer(static watch => ((SilenceWatch)watch!).Look(), this, silence, silence) : null; // it is given
    }

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        int heard = _connection.Heard;
        bool isSilent = heard == _heardBefore && !_isHeldUp();
        _heardBefore = heard;
        if (isSilent && _asked)
        {
            _connection.GiveUp(ConnectionEnd.Lost(new TimeoutException("The server did not answer.")));
            return;
        }

        _asked = _mustSpeak || isSilent;
        if (_asked)
        {
            _connection.TrySend(OutgoingMessage.Ping);
        }
    }
}
