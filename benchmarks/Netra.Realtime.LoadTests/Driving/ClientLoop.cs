using System.Diagnostics;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>Takes a message that came to a client.</summary>
internal delegate void MessageHandler(LoadClient client, ReadOnlySpan<byte> message);

/// <summary>Many connections and the one thread that reads them all.</summary>
internal sealed class ClientLoop(DriveOptions options, bool isEcho, MessageHandler onMessage, CancellationToken cancellationToken) : IDisposable
{
    private const int QuietMilliseconds = 20;
    private const int FewOpening = 200; // fewer than a server lets wait to be accepted

    private readonly Epoll _epoll = new();
    private readonly List<LoadClient> _clients = [];
    private readonly byte[] _buffer = new byte[256 * 1024];
    private LoadClient? _firstEnded;
    private int _ended;

    public IReadOnlyList<LoadClient> Clients => _clients;

    /// <summary>Called for a client once the server has greeted it.</summary>
    public Action<LoadClient>? OnWelcome { get; set; }

    /// <summary>Called for a client after each read.</summary>
    public Action<LoadClient>? AfterRead { get; set; }

    /// <summary>Called again and again while the sockets are read, for what is to be done now and then.</summary>
    public Action? OnTurn { get; set; }

    /// <summary>What a connection of a user asks for beside the user, from its ampersand on.</summary>
    public Func<int, string>? QueryOf { get; set; }

    /// <summary>The conversation of a user with a hub that keeps it over reconnects.</summary>
    public Func<int, HubConversation>? HubOf { get; set; }

    /// <summary>Clients that the server has greeted.</summary>
    public int Welcome { get; private set; }

    /// <summary>The connections that ended without being asked to, in words; null without any.</summary>
    public string? Fault => _firstEnded is null ? null : $"{_ended} connections ended, the first: {_firstEnded.Ended}";

    public LoadClient Open(int user, int receiveBufferBytes = 0)
    {
        HubConversation? hub = HubOf?.Invoke(user);
        LoadClient client = LoadClient.Connect(
            user, options.SocketUrl, options.IsSignalR, isEcho, onMessage, receiveBufferBytes, hub?.Query ?? QueryOf?.Invoke(user) ?? "", hub);
        _epoll.Add(client.Socket, _clients.Count);
        _clients.Add(client);
        return client;
    }

    /// <summary>Opens a connection each for the users from a number on, and waits until they are welcome: only then the server sends to them.</summary>
    public bool OpenAll(int first, int count, Func<int, int>? receiveBufferBytes = null, int maxOpening = FewOpening)
    {
        int before = Welcome;
        for (int opened = 0; opened < count; opened++)
        {
            Open(first + opened, receiveBufferBytes?.Invoke(first + opened) ?? 0);
            int mostOpened = opened;
            if (!ReadUntil(() => mostOpened - (Welcome - before) < maxOpening))
            {
                return false;
            }
        }

        return ReadUntil(() => Welcome - before >= count);
    }

    /// <summary>Asks for a close of all, waits until all are gone, and forgets them.</summary>
    public bool CloseAll()
    {
        foreach (LoadClient client in _clients)
        {
            client.Close();
        }

        bool areGone = ReadUntil(() => _clients.TrueForAll(client => client.IsClosed));
        _clients.ForEach(client => client.Dispose());
        _clients.Clear();
        return areGone;
    }

    /// <summary>Resets all connections, without a word, and forgets them.</summary>
    public void AbortAll()
    {
        _clients.ForEach(client => client.Abort());
        _clients.Clear();
    }

    /// <summary>From now on nobody reads what comes to the client.</summary>
    public void StopReading(LoadClient client) => _epoll.Remove(client.Socket);

    /// <returns>False when the time was over, or a connection had ended.</returns>
    public bool ReadUntil(Func<bool> isDone) => ReadUntil(isDone, options.Limit);

    /// <returns>False when a connection had ended.</returns>
    public bool ReadFor(TimeSpan time)
    {
        long started = Stopwatch.GetTimestamp();
        return ReadUntil(() => Stopwatch.GetElapsedTime(started) >= time, time + options.Limit);
    }

    /// <summary>What comes after everything has come would be too much: it is waited for, a little.</summary>
    public void ReadUntilQuiet()
    {
        while (_ended == 0 && ReadReady(QuietMilliseconds) > 0)
        {
        }
    }

    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        _epoll.Dispose();
    }

    private bool ReadUntil(Func<bool> isDone, TimeSpan limit)
    {
        long started = Stopwatch.GetTimestamp();
        while (!isDone())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_ended > 0 || Stopwatch.GetElapsedTime(started) > limit)
            {
                return false;
            }

            ReadReady(milliseconds: 1);
            OnTurn?.Invoke();
        }

        return true;
    }

    private int ReadReady(int milliseconds)
    {
        int count = _epoll.Wait(milliseconds);
        for (int i = 0; i < count; i++)
        {
            LoadClient client = _clients[_epoll.Ready(i)];
            bool wasWelcome = client.IsWelcome;
            client.Read(_buffer);
            if (client.Ended is not null)
            {
                _ended++;
                _firstEnded ??= client;
                _epoll.Remove(client.Socket);
            }
            else if (client.IsClosed)
            {
                _epoll.Remove(client.Socket);
            }

            if (client.IsWelcome && !wasWelcome)
            {
                Welcome++;
                OnWelcome?.Invoke(client);
            }

            AfterRead?.Invoke(client);
        }

        return count;
    }
}
