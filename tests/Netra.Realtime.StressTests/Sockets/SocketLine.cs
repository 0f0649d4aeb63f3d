using System.Buffers;
using System.Net.WebSockets;
using Netra.Realtime.Protocol;
using Netra.Realtime.StressTests.Cuts;
using Netra.Realtime.TestSupport;
using Netra.Realtime.TestSupport.Faults;

namespace Netra.Realtime.StressTests.Sockets;

/// <summary>A line over a real socket that a proxy breaks. What did not come whole was not handled.</summary>
internal sealed class SocketLine : ILine
{
    private readonly ArrayBufferWriter<byte> _message = new();
    private readonly ClientWebSocket _socket;
    private readonly FaultLink _link;
    private readonly CutCounts _counts;

    private SocketLine(ClientWebSocket socket, FaultLink link, CutCounts counts)
    {
        _socket = socket;
        _link = link;
        _counts = counts;
    }

    public int? CloseCode { get; private set; }

    /// <summary>Connects; none when the line breaks in the handshake.</summary>
    public static async Task<ILine?> ConnectAsync(Uri address, string user, FaultLink link, CutCounts counts)
    {
        ClientWebSocket socket = new();
        socket.Options.SetRequestHeader(SocketServer.UserHeader, user);
        if (await TryAsync(socket, link, () => socket.ConnectAsync(address, CancellationToken.None)))
        {
            return new SocketLine(socket, link, counts);
        }
        socket.Dispose();
        return null;
    }

    public async Task<ServerMessage?> NextAsync()
    {
        bool isWhole = false;
        while (!isWhole)
        {
            ValueWebSocketReceiveResult result = default;
            bool isThere = await TryAsync(_socket, _link, async () => result = await _socket.ReceiveAsync(_message.GetMemory(512), CancellationToken.None));
            if (!isThere || result.MessageType == WebSocketMessageType.Close)
            {
                CutCounts.Add(ref _counts.CutInMessage, _message.WrittenCount > 0 ? 1 : 0);
                CutCounts.Add(ref _counts.Faults, _link.Broken.IsCompleted ? 1 : 0);
                CloseCode = (int?)_socket.CloseStatus;
                _socket.Dispose();
                return null;
            }
            _message.Advance(result.Count);
            isWhole = result.EndOfMessage;
        }
        ServerMessage? message = ServerMessageReader.Read(_message.WrittenSpan);
        _message.ResetWrittenCount();
        return message ?? throw new InvalidOperationException("A server sends nothing that its own reader does not know.");
    }

    public Task CutAsync()
    {
        _socket.Abort();
        return Task.CompletedTask;
    }

    // A line that breaks is seen by the operation, one that stalls is given up.
    private static async Task<bool> TryAsync(ClientWebSocket socket, FaultLink link, Func<Task> operation)
    {
        try
        {
            Task operating = operation();
            if (link.Fault.IsSilent && await Task.WhenAny(operating, link.Broken).OrFail() != operating)
            {
                socket.Abort();
            }
            await operating.OrFail();
            return true;
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            return false;
        }
    }
}
