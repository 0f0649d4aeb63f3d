namespace Netra.Realtime.Emitters;

/// <summary>Stops a serializer at the cap. Never leaves the encoder.</summary>
internal sealed class BufferFullException(int writtenBytes) : Exception("The buffer is full.")
{
    public int WrittenBytes { get; } = writtenBytes;
}
