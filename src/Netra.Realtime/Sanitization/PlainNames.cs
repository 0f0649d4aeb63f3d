using System.Text;

namespace Netra.Realtime.Sanitization;

/// <summary>Names that were judged plain before, so that the few names that an application's payloads have are judged once.</summary>
/// <remarks>First come, first served and never more than that: names made of data cost a judgement each, and no memory. Not safe for concurrent use.</remarks>
internal sealed class PlainNames
{
    private const int Places = 128;
    private const int MaxNameBytes = 64;
    private const int MaxJudgedBytes = 512;

    private readonly byte[]?[] _names = new byte[]?[Places];

    /// <summary>Whether a value under this name may go out.</summary>
    /// <param name="utf8">The name, not escaped.</param>
    public bool IsPlain(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxNameBytes)
        {
            return Judge(utf8);
        }

        ref byte[]? place = ref _names[PlaceOf(utf8)];
        if (place is not null && utf8.SequenceEqual(place))
        {
            return true;
        }

        bool isPlain = Judge(utf8);
        if (isPlain && place is null)
        {
            place = utf8.ToArray();
        }

        return isPlain;
    }

    private static bool Judge(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxJudgedBytes)
        {
            return false; // whoever copies it looks closer
        }

        Span<char> name = stackalloc char[MaxJudgedBytes];
        return SecretKeys.Judge(name[..Encoding.UTF8.GetChars(utf8, name)]) == KeyKind.Plain;
    }

    private static int PlaceOf(ReadOnlySpan<byte> utf8)
    {
        uint hash = 2166136261; // FNV-1a: short names, and whoever makes two collide only costs himself a judgement
        foreach (byte b in utf8)
        {
            hash = (hash ^ b) * 16777619;
        }

        return (int)((hash ^ (hash >> 16)) % Places);
    }
}
