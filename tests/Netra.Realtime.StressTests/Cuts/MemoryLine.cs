using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Cuts;

/// <summary>A line in memory: what the server has written is known, and so what counts as delivered.</summary>
internal sealed class MemoryLine(FakeClient client, Journal journal) : ILine
{
    public FakeClient Client => client;

    public int? CloseCode { get; private set; }

    public async Task<ServerMessage?> NextAsync()
    {
        while (await client.Transport.Outbound.WaitToReadAsync())
        {
            if (client.Transport.Outbound.TryRead(out byte[]? utf8))
            {
                ServerMessage message = ServerMessageReader.Read(utf8)!; // a server sends nothing that its own reader does not know
                if (message is AgentEvent written)
                {
                    journal.NoteFlushed(written);
                }
                return message;
            }
        }
        CloseCode = (await client.EndedAsync()).Code;
        return null;
    }

    /// <summary>When this is over the server knows, and nothing more is written.</summary>
    public async Task CutAsync()
    {
        client.Transport.Cut();
        await client.EndedAsync();
    }
}
