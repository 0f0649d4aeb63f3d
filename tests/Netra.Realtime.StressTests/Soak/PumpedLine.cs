using System.Threading.Channels;
using Netra.Realtime.Protocol;
using Netra.Realtime.StressTests.Cuts;

namespace Netra.Realtime.StressTests.Soak;

/// <summary>A line that is read all the time, as a browser does: pings are answered while the test looks elsewhere.</summary>
internal sealed class PumpedLine : ILine
{
    private readonly Channel<ServerMessage> _messages = Channel.CreateUnbounded<ServerMessage>();
    private readonly ILine _line;

    public PumpedLine(ILine line)
    {
        _line = line;
        _ = PumpAsync(); // it ends with the line, and what it fails with is seen by whoever reads
    }

    public int? CloseCode => _line.CloseCode;

    public async Task<ServerMessage?> NextAsync()
    {
        while (await _messages.Reader.WaitToReadAsync())
        {
            if (_messages.Reader.TryRead(out ServerMessage? message))
            {
                return message;
            }
        }

        return null;
    }

    public Task CutAsync() => _line.CutAsync();

    private async Task PumpAsync()
    {
        try
        {
            while (await _line.NextAsync() is { } message)
            {
                _messages.Writer.TryWrite(message);
            }

            _messages.Writer.TryComplete();
        }
        catch (Exception e)
        {
            _messages.Writer.TryComplete(e);
        }
    }
}
