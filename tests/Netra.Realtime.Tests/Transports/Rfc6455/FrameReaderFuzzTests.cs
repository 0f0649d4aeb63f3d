using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>Samples changed at random, from a fixed seed: however the bytes are cut, the same comes out, and never anything but a frame or a violation.</summary>
public sealed class FrameReaderFuzzTests
{
    private const int Seed = 6455;
    private static readonly int Rounds = TestSupport.LongTests.Times(4_000, 1_000_000);

    [Fact]
    public void Read_ChangedSamples_AreReadTheSameHoweverTheyAreCut()
    {
        Random random = new(Seed);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = Mutation.Of(random, FrameSamples.All);
            List<string> whole = FrameFeed.Read(bytes);

            FrameFeed inPieces = new();
            for (int at = 0, length; at < bytes.Length; at += length)
            {
                length = random.Next(1, Math.Min(bytes.Length - at, 20) + 1);
                inPieces.Give(bytes.AsSpan(at, length));
            }

            FrameFeed inSegments = new FrameFeed().GiveInSegments(bytes);
            if (!whole.SequenceEqual(inPieces.Outcomes) || !whole.SequenceEqual(inSegments.Outcomes))
            {
                Assert.Fail($"round {round}: {Convert.ToHexString(bytes)}");
            }
        }
    }
}
