using System.Numerics;
using System.Runtime.InteropServices;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>Masks and unmasks (RFC 6455 section 5.3): the same XOR with four bytes, over and over.</summary>
internal static class Masking
{
    /// <summary>Reads a key from a header. It stays in the order of memory, so that it can be laid over bytes as it is.</summary>
    public static uint ReadKey(ReadOnlySpan<byte> header) => MemoryMarshal.Read<uint>(header);

    /// <summary>Masks bytes into a target of at least their length, which may be the bytes themselves.</summary>
    /// <returns>The key for the bytes that follow: a payload may come in pieces of any length.</returns>
    public static uint Apply(ReadOnlySpan<byte> source, Span<byte> target, uint key)
    {
        int length = source.Length;
        target = target[..length];

        ReadOnlySpan<Vector<byte>> vectors = MemoryMarshal.Cast<byte, Vector<byte>>(source);
        Span<Vector<byte>> targetVectors = MemoryMarshal.Cast<byte, Vector<byte>>(target);
        Vector<byte> mask = Vector.AsVectorByte(new Vector<uint>(key));
        for (int i = 0; i < vectors.Length && i < targetVectors.Length; i++)
        {
            targetVectors[i] = vectors[i] ^ mask;
        }

        int done = vectors.Length * Vector<byte>.Count;
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(source[done..]);
        Span<uint> targetWords = MemoryMarshal.Cast<byte, uint>(target[done..]);
        for (int i = 0; i < words.Length && i < targetWords.Length; i++)
        {
            targetWords[i] = words[i] ^ key;
        }

        ReadOnlySpan<byte> keyBytes = MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in key));
        for (int i = length & ~(sizeof(uint) - 1); i < length; i++)
        {
            target[i] = (byte)(source[i] ^ keyBytes[i & (sizeof(uint) - 1)]);
        }

        int rotation = 8 * (length & (sizeof(uint) - 1));
        return BitConverter.IsLittleEndian ? BitOperations.RotateRight(key, rotation) : BitOperations.RotateLeft(key, rotation);
    }
}
