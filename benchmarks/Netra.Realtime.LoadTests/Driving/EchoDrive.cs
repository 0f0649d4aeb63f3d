using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>Sends stamped messages and checks that each comes back whole, once, in order; each that came back makes room for the next.</summary>
internal sealed class EchoDrive : IDisposable
{
    private const int HeaderRoomBytes = 8; // two bytes, a length of up to two more, the mask

    private readonly DriveOptions _options;
    private readonly EchoLoad _load;
    private readonly ClientLoop _clients;
    private readonly ServerControl _server;
    private readonly byte[][] _addressees;
    private readonly long[] _sent;
    private readonly byte[] _out;
    private int _outLength;
    private StampChecker? _checker;
    private LatencyHistogram _latency = new();
    private long _messages;

    public EchoDrive(DriveOptions options, EchoLoad load, CancellationToken cancellationToken)
    {
        _options = options;
        _load = load;
        _clients = new ClientLoop(options, isEcho: true, OnMessage, cancellationToken) { AfterRead = Flush };
        _server = new ServerControl(options, _clients);
        _addressees = [.. Enumerable.Range(0, load.Connections).Select(n => Encoding.ASCII.GetBytes($"u{n}"))];
        _sent = new long[load.Connections];
        _out = new byte[load.InFlight * (load.Size + 256)];
    }

    public DriveResult Run()
    {
        _clients.OpenAll(0, _load.Connections);
        DriveResult? warm = null;
        for (int warmup = 0; warmup < _options.Warmups && warm is null or { IsSound: true }; warmup++)
        {
            warm = Measure(Math.Max(1, _load.Messages / 6));
        }

        return warm is { IsSound: false } ? warm : Measure(_load.Messages);
    }

    public void Dispose()
    {
        _server.Dispose();
        _clients.Dispose();
    }

    private DriveResult Measure(long messages)
    {
        StampChecker checker = new(_addressees, messages);
        _checker = checker;
        _latency = new LatencyHistogram();
        _messages = messages;
        Array.Clear(_sent);
        double serverCpu = _server.CpuSeconds;
        TimeSpan driverCpu = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        foreach (LoadClient client in _clients.Clients)
        {
            for (int i = 0; i < _load.InFlight; i++)
            {
                AddNext(client.User);
            }

            Flush(client);
        }

        bool isDone = _clients.ReadUntil(() => checker.IsComplete);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        driverCpu = Environment.CpuUsage.TotalTime - driverCpu;
        serverCpu = _server.CpuSeconds - serverCpu;
        _clients.ReadUntilQuiet();
        long expected = messages * _load.Connections;
        return new DriveResult
        {
            Target = _options.Target,
            Workload = "echo",
            Expected = expected,
            Received = checker.Received,
            Fault = _clients.Fault ?? (checker.Faults > 0 ? $"{checker.Faults} echoes were not what was sent" : isDone ? null : "the time was over"),
            Figures = new Dictionary<string, double>(StringComparer.Ordinal)
            {
                [Figure.CpuMicros] = serverCpu * 1e6 / expected,
                [Figure.PerSecond] = expected / seconds,
                [Figure.P50Ms] = _latency.Quantile(0.5) / 1e6,
                [Figure.P99Ms] = _latency.Quantile(0.99) / 1e6,
                [Figure.DriverShare] = driverCpu.TotalSeconds / seconds,
                [Figure.ServerAnonymousMiB] = _server.AnonymousBytes / 1024 / 1024,
            },
        };
    }

    private void OnMessage(LoadClient client, ReadOnlySpan<byte> message)
    {
        if (_checker is not { } checker)
        {
            return;
        }

        long now = Stopwatch.GetTimestamp();
        StampReader stamps = new(message, isText: true);
        while (stamps.TryRead())
        {
            checker.Take(client.User, stamps.To, stamps.N);
            _latency.Add(now - stamps.SentNs);
            int filler = stamps.Rest.IndexOfAnyExcept((byte)'x');
            if (stamps.Bytes + (filler < 0 ? stamps.Rest.Length : filler) != _load.Size)
            {
                checker.TakeMalformed();
            }

            AddNext(client.User);
        }

        if (stamps.IsMalformed)
        {
            checker.TakeMalformed();
        }
    }

    private void AddNext(int user)
    {
        long n = _sent[user];
        if (n == _messages)
        {
            return;
        }

        _sent[user]++;
        Span<byte> message = _out.AsSpan(_outLength + HeaderRoomBytes);
        int length = 0;
        if (_options.IsSignalR)
        {
            Utf8.TryWrite(message, CultureInfo.InvariantCulture, $"{{\"type\":1,\"invocationId\":\"{n}\",\"target\":\"Echo\",\"arguments\":[\"", out length);
        }

        Utf8.TryWrite(message[length..], CultureInfo.InvariantCulture, $"to=u{user};n={n};sent_ns={Stopwatch.GetTimestamp()};", out int stamp);
        message[(length + stamp)..(length + _load.Size)].Fill((byte)'x');
        length += _load.Size;
        if (_options.IsSignalR)
        {
            "\"]}\u001e"u8.CopyTo(message[length..]);
            length += 4;
        }

        // A key of zeros leaves the payload as it is.
        Span<byte> header = _out.AsSpan(_outLength, HeaderRoomBytes);
        header.Clear();
        header[0] = 0x81;
        int headerBytes = length < 126 ? 6 : HeaderRoomBytes;
        if (headerBytes == HeaderRoomBytes)
        {
            header[1] = 0x80 | 126;
            BinaryPrimitives.WriteUInt16BigEndian(header[2..], checked((ushort)length));
        }
        else
        {
            header[1] = (byte)(0x80 | length);
            message[..length].CopyTo(_out.AsSpan(_outLength + headerBytes));
        }

        _outLength += headerBytes + length;
    }

    private void Flush(LoadClient client)
    {
        client.Send(_out.AsSpan(0, _outLength));
        _outLength = 0;
    }
}
