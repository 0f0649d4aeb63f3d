using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Testing;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;

namespace Netra.Realtime.FunctionalTests.Transports;

public sealed class InMemoryTransportTests : TransportContractTests
{
    protected override Task<TransportPair> CreateAsync() => Task.FromResult<TransportPair>(new Pair());

    private sealed class Pair : TransportPair
    {
        private readonly InMemoryTransport _transport = new();

        public override IWebSocketTransport Transport => _transport;

        public override Task SendAsync(byte[] message)
        {
            _transport.ClientSend(message);
            return Task.CompletedTask;
        }

        public override Task SendBinaryAsync(byte[] message)
        {
            _transport.ClientSendBinary(message);
            return Task.CompletedTask;
        }

        public override Task CloseAsync(int code)
        {
            _transport.ClientClose(code);
            return Task.CompletedTask;
        }

        public override void Cut() => _transport.Cut();

        public override void StopReading() => _transport.Stall();

        // No frames, so nothing that could say what kind a message is.
        public override Task<byte[]> ReceiveAsync(bool isBinary = false) => _transport.Outbound.ReadAsync().OrFail();

        public override async Task<ClientClose> ReceiveCloseAsync() =>
            await _transport.Closed.OrFail() is { } close ? new ClientClose(close.Code, close.Reason) : default;

        public override ValueTask DisposeAsync() => _transport.DisposeAsync();
    }
}
