namespace Netra.Realtime.LoadTests.Driving;

/// <summary>What a <see cref="FrameReader"/> finds.</summary>
internal interface IMessageSink
{
    void OnText(ReadOnlySpan<byte> message);

    void OnPing(ReadOnlySpan<byte> payload);

    void OnClose(int code);
}
