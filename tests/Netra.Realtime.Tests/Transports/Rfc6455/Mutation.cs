namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>One to three samples behind each other, with up to eight changes.</summary>
internal static class Mutation
{
    private static readonly byte[] Telling = [0x00, 0x01, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x88, 0x89, 0xc0, 0xed, 0xf4, 0xfd, 0xfe, 0xff, (byte)'\r', (byte)'\n', (byte)':'];

    public static byte[] Of(Random random, byte[][] samples)
    {
        List<byte> bytes = [];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            bytes.AddRange(samples[random.Next(samples.Length)]);
        }

        for (int i = random.Next(0, 9); i > 0 && bytes.Count > 0; i--)
        {
            // Where headers are, mostly: that is where it gets interesting.
            int at = random.Next(random.Next(3) == 0 ? bytes.Count : Math.Min(bytes.Count, 20));
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = Telling[random.Next(Telling.Length)];
                    break;
                case 2:
                    bytes.Insert(at, Telling[random.Next(Telling.Length)]);
                    break;
                case 3:
                    bytes.RemoveAt(at);
                    break;
                case 4:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 30)));
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(1, 30))));
                    break;
            }
        }

        return [.. bytes];
    }
}
