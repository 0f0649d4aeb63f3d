using System.Globalization;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>What the kernel holds for TCP over IPv4, by <c>/proc/net</c>.</summary>
internal static class KernelSockets
{
    /// <returns>Bytes that wait in the send queues of the sockets on a local port: of all, and of the one with the most.</returns>
    public static (long All, long Most) SendQueues(int port) => SendQueues(File.ReadLines("/proc/net/tcp"), port);

    /// <returns>The memory of all TCP sockets of the machine, whosever they are, and of what waits in them.</returns>
    public static long TcpBytes()
    {
        string line = File.ReadLines("/proc/net/sockstat").First(l => l.StartsWith("TCP:", StringComparison.Ordinal));
        string[] words = line.Split(' ');
        return long.Parse(words[Array.IndexOf(words, "mem") + 1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }

    /// <param name="lines">A heading, then a line a socket: <c>sl local_address rem_address st tx_queue:rx_queue ...</c>, in hexadecimal.</param>
    /// <param name="port">The local port.</param>
    internal static (long All, long Most) SendQueues(IEnumerable<string> lines, int port)
    {
        string end = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        long all = 0, most = 0;
        foreach (string line in lines.Skip(1))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[1].EndsWith(end, StringComparison.Ordinal))
            {
                long waits = long.Parse(words[4].AsSpan(0, words[4].IndexOf(':', StringComparison.Ordinal)), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                all += waits;
                most = Math.Max(most, waits);
            }
        }

        return (all, most);
    }
}
