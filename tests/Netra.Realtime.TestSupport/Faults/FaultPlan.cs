using System.Globalization;

namespace Netra.Realtime.TestSupport.Faults;

/// <summary>The same faults for the same seed: one connection after the other gets the next, and after the last one they are left alone.</summary>
/// <remarks>The proxy's accepting loop asks, one connection at a time.</remarks>
internal sealed class FaultPlan
{
    // A handshake and a message or two: clients send little.
    private const int MaxBytesToServer = 400;

    // A quarter of a second, and over.
    private const int TrickleBytesPerSecond = 2_000;
    private const int MaxTrickleBytes = 500;

    private static readonly FaultKind[] AllKinds = [.. Enum.GetValues<FaultKind>().Where(kind => kind != FaultKind.None)];

    private readonly List<Fault> _faults = [];
    private readonly int _seed;

    /// <param name="seed">The seed.</param>
    /// <param name="faults">How many connections break.</param>
    /// <param name="maxBytesToClient">A line breaks before so many bytes of the server have gone through; half of them in the first tenth of it.</param>
    /// <param name="kinds">Of which kinds; by default of all.</param>
    public FaultPlan(int seed, int faults, int maxBytesToClient, params FaultKind[] kinds)
    {
        _seed = seed;
        Random random = new(seed);
        FaultKind[] among = kinds.Length == 0 ? AllKinds : kinds;
        for (int i = 0; i < faults; i++)
        {
            _faults.Add(NextFault(random, among, maxBytesToClient));
        }
    }

    public IReadOnlyList<Fault> Faults => _faults;

    /// <summary>How many of them connections were given.</summary>
    public int Given { get; private set; }

    /// <summary>The fault of the next connection.</summary>
    public Fault Next() => Given < _faults.Count ? _faults[Given++] : Fault.None;

    /// <summary>What a failure prints: what was done so far, by the seed.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"faults of seed {_seed}, {Given} of {_faults.Count} done: {string.Join(", ", _faults.Take(Given).Select(fault => $"{fault.Kind} after {fault.AfterBytes} to the {fault.To}"))}");

    private static Fault NextFault(Random random, FaultKind[] among, int maxBytesToClient)
    {
        FaultKind kind = among[random.Next(among.Length)];
        FaultSide to = random.Next(6) == 0 ? FaultSide.Server : FaultSide.Client;
        int below = to == FaultSide.Server ? MaxBytesToServer : random.Next(2) == 0 ? maxBytesToClient / 10 : maxBytesToClient;
        Fault fault = new(kind, random.Next(below)) { To = to, OtherBytes = to == FaultSide.Server ? maxBytesToClient : long.MaxValue };
        return kind == FaultKind.Trickle ? fault with { BytesPerSecond = TrickleBytesPerSecond, TrickleBytes = random.Next(MaxTrickleBytes) } : fault;
    }
}
