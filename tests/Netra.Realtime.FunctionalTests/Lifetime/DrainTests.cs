using System.Globalization;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.RegularExpressions;
using Netra.Realtime.Client;
using Netra.Realtime.Client.Runs;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Lifetime;

/// <summary>A deploy: SIGTERM with many connections and open runs, and the next process on the same port.</summary>
public sealed partial class DrainTests
{
    private const int Connections = 1_000;
    private const int Runs = 100;
    private const int Away = 20;
    private const int NotesBefore = 3;
    private const int NotesAfter = 2;
    private const int NotesOfAway = 5;
    private const int Stuck = 5;

    // 400 KiB for each who does not read: what the kernel and the web server take of it with the buffers below is half of it at most.
    private const int PagesOfStuck = 100;

    [FramedFact]
    public async Task Terminate_AThousandConnectionsAndAHundredRuns_NobodySeesAGapButTheReset()
    {
        HostProcess host = await StartAsync(0);
        List<StuckClient> stuck = [];
        List<Watcher> watchers = [.. Enumerable.Range(0, Connections).Select(i => new Watcher($"user-{i}", host.Address))];
        try
        {
            foreach (Watcher[] wave in watchers.Chunk(100))
            {
                await Task.WhenAll(wave.Select(watcher => watcher.ConnectAsync()));
            }

            await PostAsync(host, watchers, $"/notes/{NotesBefore}");
            await Task.WhenAll(Enumerable.Range(0, Away).Select(i => host.PostAsync($"/notes/{NotesOfAway}", $"away-{i}")));
            for (int i = 0; i < Stuck; i++)
            {
                stuck.Add(await StuckClient.ConnectAsync($"stuck-{i}", host.Address));
                await host.PostAsync($"/pages/{PagesOfStuck}", $"stuck-{i}");
            }

            Watcher[] running = [.. watchers.Take(Runs)];
            await Task.WhenAll(running.Select((watcher, i) => host.PostAsync($"/runs/{(i % 2 == 0 ? "obedient" : "stubborn")}", watcher.User)));
            await Task.WhenAll(running.Select(watcher => watcher.WhenHandledAsync(handled => handled.Any(e => e is AgentResponding))));

            (TimeSpan took, int exitCode) = await host.TerminateAsync();

            Assert.Equal(0, exitCode);
            Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(20)); // its shutdown timeout
            Dictionary<string, int> handled = host.Lines.Select(line => HandlerGot().Match(line)).Where(match => match.Success)
                .ToDictionary(match => match.Groups["user"].Value, match => int.Parse(match.Groups["events"].Value, CultureInfo.InvariantCulture), StringComparer.Ordinal);
            Assert.Equal(Away + Stuck, handled.Count);
            Assert.All(Enumerable.Range(0, Away), i => Assert.Equal(NotesOfAway, handled[$"away-{i}"]));
            Assert.All(Enumerable.Range(0, Stuck), i => Assert.InRange(handled[$"stuck-{i}"], PagesOfStuck / 2, PagesOfStuck - 1));
            Assert.Contains(host.Lines, line => line.Contains($"Stopped: {handled.Values.Sum()} events and 0 pieces of text", StringComparison.Ordinal));

            int port = host.Address.Port;
            await host.DisposeAsync();
            host = await StartAsync(port);
            await Task.WhenAll(watchers.Select(watcher => watcher.WhenBackAsync()));
            await PostAsync(host, watchers, $"/notes/{NotesAfter}");
            await Task.WhenAll(watchers.Select(watcher => watcher.WhenHandledAsync(handled => handled.Count(e => e is CustomEvent) == NotesBefore + NotesAfter)));

            Assert.All(watchers, watcher => watcher.AssertNoGap());
            for (int i = 0; i < Runs; i++)
            {
                running[i].AssertRunEnded(isObedient: i % 2 == 0);
            }
        }
        finally
        {
            await Task.WhenAll(watchers.Select(watcher => watcher.DisposeAsync().AsTask()));
            stuck.ForEach(client => client.Dispose());
            await host.DisposeAsync();
        }
    }

    [GeneratedRegex("^The handler got (?<events>[0-9]+) events of (?<user>.+)\\.$", RegexOptions.ExplicitCapture)]
    private static partial Regex HandlerGot();

    private static Task<HostProcess> StartAsync(int port) => HostProcess.StartAsync(
        port,
        ("Netra__Limits__MaxConnections", (2 * Connections).ToString(CultureInfo.InvariantCulture)),
        ("Netra__Delivery__StopTimeout", "00:00:02"),
        ("Netra__Delivery__SendBufferBytes", "16384"),
        ("Netra__Delivery__SendTimeout", "00:01:00"), // who is stuck is so when the stop comes
        ("Netra__Retention__MaxBytes", "1048576"),
        ("Netra__Delivery__ReconnectWithin", "00:00:02"));

    private static async Task PostAsync(HostProcess host, IEnumerable<Watcher> watchers, string path)
    {
        foreach (Watcher[] wave in watchers.Chunk(100))
        {
            await Task.WhenAll(wave.Select(watcher => host.PostAsync(path, watcher.User)));
        }
    }

    /// <summary>A client that is welcome, and reads nothing after that.</summary>
    private sealed class StuckClient : IDisposable
    {
        private readonly ClientWebSocket _socket = new();
        private readonly HttpMessageInvoker _line = new(new SocketsHttpHandler
        {
            ConnectCallback = static async (connect, cancellationToken) =>
            {
                Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 4096 };
                await socket.ConnectAsync(connect.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });

        public static async Task<StuckClient> ConnectAsync(string user, Uri address)
        {
            StuckClient client = new();
            client._socket.Options.SetRequestHeader("Authorization", $"Bearer {user}");
            await client._socket.ConnectAsync(new UriBuilder(address) { Scheme = "ws", Path = "/ws" }.Uri, client._line, CancellationToken.None).OrFail();
            await client._socket.ReceiveAsync(new byte[4096].AsMemory(), CancellationToken.None).AsTask().OrFail(); // the welcome
            return client;
        }

        public void Dispose()
        {
            _socket.Dispose();
            _line.Dispose();
        }
    }

    /// <summary>A client as an application has it, and everything that it was told.</summary>
    private sealed class Watcher : IAsyncDisposable
    {
        private static readonly TimeSpan Net = TimeSpan.FromSeconds(90); // a back-off after the host was not there yet may be half a minute

        private readonly RealtimeClient _client;
        private readonly Lock _gate = new();
        private readonly List<AgentEvent> _handled = [];
        private readonly List<(int After, ResetReason Reason)> _resets = [];
        private readonly TaskCompletionSource _back = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private (Func<List<AgentEvent>, bool> IsSo, TaskCompletionSource Met)? _awaited;
        private Task _reading = Task.CompletedTask;
        private CloseReason? _lastClose;

        public Watcher(string user, Uri address)
        {
            User = user;
            _client = new RealtimeClient(new RealtimeClientOptions
            {
                Uri = new Uri(address, "/ws"),
                Credentials = _ => new(RealtimeCredentials.Bearer(user)),
                OnReset = (reason, _) =>
                {
                    lock (_gate)
                    {
                        _resets.Add((_handled.Count, reason));
                    }

                    return ValueTask.CompletedTask;
                },
                OnStatusChanged = status =>
                {
                    _lastClose ??= status.CloseReason;
                    if (_lastClose is not null && status.State == ConnectionState.Open)
                    {
                        _back.TrySetResult();
                    }
                },
            });
        }

        public string User { get; }

        public async Task ConnectAsync()
        {
            await _client.ConnectAsync().OrFail();
            _reading = ReadAsync();
        }

        public Task WhenBackAsync() => _back.Task.WaitAsync(Net);

        public Task WhenHandledAsync(Func<List<AgentEvent>, bool> isSo)
        {
            TaskCompletionSource met = new(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_gate)
            {
                _awaited = (isSo, met);
                Look();
            }

            return met.Task.WaitAsync(Net);
        }

        /// <summary>Each sequence of both lives of the log once, from the first to the last, and one reset between them.</summary>
        public void AssertNoGap()
        {
            lock (_gate)
            {
                Assert.Equal(CloseReason.ServiceRestart, _lastClose);
                (int after, ResetReason reason) = Assert.Single(_resets);
                Assert.Equal(ResetReason.EpochChanged, reason);
                AssertWhole(_handled.Take(after));
                AssertWhole(_handled.Skip(after));
                Assert.Equal(NotesAfter, _handled.Skip(after).Count());
            }
        }

        /// <summary>It counted from 1 on without leaving anything out, and then it ended, with its open call.</summary>
        public void AssertRunEnded(bool isObedient)
        {
            RunView run = Assert.Single(_client.Runs.ToList());
            Assert.Equal(isObedient ? Netra.Realtime.Client.Runs.RunStatus.Completed : Netra.Realtime.Client.Runs.RunStatus.Interrupted, run.Status);
            lock (_gate)
            {
                string text = string.Concat(_handled.OfType<AgentResponding>().Select(e => e.Delta));
                string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                Assert.Equal(Enumerable.Range(1, words.Length).Select(n => n.ToString(CultureInfo.InvariantCulture)), words);
                AgentEvent[] before = [.. _handled.Take(_resets[0].After)];
                Assert.Equal(ToolStatus.Failed, Assert.IsType<ToolCompleted>(before[^2]).Status);
                Assert.Equal(isObedient ? EventTypes.AgentCompleted : EventTypes.AgentFailed, before[^1].Type);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _client.DisposeAsync();
            await _reading.OrFail();
        }

        private static void AssertWhole(IEnumerable<AgentEvent> events)
        {
            long expected = 1;
            foreach (AgentEvent e in events)
            {
                Assert.Equal(expected, (e.First ?? e.Id).Sequence);
                expected = e.Id.Sequence + 1;
            }
        }

        private async Task ReadAsync()
        {
            await foreach (AgentEvent e in _client.ReadEventsAsync())
            {
                lock (_gate)
                {
                    _handled.Add(e);
                    Look();
                }
            }
        }

        private void Look()
        {
            if (_awaited is { } awaited && awaited.IsSo(_handled))
            {
                awaited.Met.TrySetResult();
            }
        }
    }
}
