using System.Diagnostics;

namespace Netra.Realtime.Sessions;

/// <summary>The sequences of a log from tail to head, in chunks: pay as you go, nothing large, nothing moved when it grows.</summary>
/// <remarks>Not safe for concurrent use: the session's gate guards it. One emptied chunk is kept, so a steady log allocates nothing.</remarks>
internal sealed class SequenceRing
{
    private const int ChunkShift = 7;
    private const int ChunkSize = 1 << ChunkShift;

    // _chunks[(sequence >> ChunkShift) & (_chunks.Length - 1)]: the directory is a ring itself.
    private SequenceRef[]?[] _chunks = new SequenceRef[]?[2];
    private SequenceRef[]? _spare;

    public SequenceRing(long firstSequence)
    {
        Tail = firstSequence;
        Head = firstSequence - 1;
    }

    /// <summary>The oldest sequence that is retained; one above the head when there is none.</summary>
    public long Tail { get; private set; }

    /// <summary>The newest sequence; one below the tail when there is none.</summary>
    public long Head { get; private set; }

    public int Count => (int)(Head - Tail + 1);

    public ref SequenceRef this[long sequence]
    {
        get
        {
            Debug.Assert(sequence >= Tail && sequence <= Head, "only retained sequences have a place");
            return ref _chunks[(sequence >> ChunkShift) & (_chunks.Length - 1)]![sequence & (ChunkSize - 1)]; // a retained sequence has its chunk
        }
    }

    public ref SequenceRef Add()
    {
        Head++;
        long chunk = Head >> ChunkShift;
        if (chunk - (Tail >> ChunkShift) >= _chunks.Length)
        {
            GrowDirectory();
        }

        ref SequenceRef[]? place = ref _chunks[chunk & (_chunks.Length - 1)];
        if (place is null)
        {
            place = _spare ?? new SequenceRef[ChunkSize];
            _spare = null;
        }

        return ref this[Head];
    }

    public void RemoveTail()
    {
        this[Tail] = default;
        long chunk = Tail >> ChunkShift;
        Tail++;
        if (Tail >> ChunkShift != chunk || Tail > Head)
        {
            ref SequenceRef[]? place = ref _chunks[chunk & (_chunks.Length - 1)];
            _spare ??= place;
            place = null;
        }
    }

    private void GrowDirectory()
    {
        SequenceRef[]?[] larger = new SequenceRef[]?[_chunks.Length * 2];
        for (long chunk = Tail >> ChunkShift; chunk < Head >> ChunkShift; chunk++)
        {
            larger[chunk & (larger.Length - 1)] = _chunks[chunk & (_chunks.Length - 1)];
        }

        _chunks = larger;
    }
}
