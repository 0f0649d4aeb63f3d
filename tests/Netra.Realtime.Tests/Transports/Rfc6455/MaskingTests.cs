using CsCheck;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

public sealed class MaskingTests
{
    [Fact]
    public void Apply_AnyBytesInAnyPieces_IsTheXorOfTheRfc()
    {
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Byte.Array[4], Gen.Int[1, 70]).Sample((bytes, key, pieceBytes) =>
        {
            byte[] expected = [.. bytes.Select((value, i) => (byte)(value ^ key[i % 4]))];
            byte[] elsewhere = new byte[bytes.Length];
            byte[] inPlace = [.. bytes];

            Masking.Apply(bytes, elsewhere, Masking.ReadKey(key));
            uint next = Masking.ReadKey(key);
            for (int at = 0; at < inPlace.Length; at += pieceBytes)
            {
                Span<byte> piece = inPlace.AsSpan(at, Math.Min(pieceBytes, inPlace.Length - at));
                next = Masking.Apply(piece, piece, next);
            }

            return elsewhere.SequenceEqual(expected) && inPlace.SequenceEqual(expected);
        });
    }

    [Fact]
    public void Apply_TargetIsLonger_TheRestIsUnharmed()
    {
        byte[] target = [1, 2, 3, 4, 5, 6, 7];

        Masking.Apply(new byte[5], target, 0xffff_ffff);

        Assert.Equal([0xff, 0xff, 0xff, 0xff, 0xff, 6, 7], target);
    }
}
