using Netra.Realtime.Fuzz.FuzzTargets;

namespace Netra.Realtime.Fuzz.Mutation;

/// <summary>Runs a target with what a <see cref="Mutator"/> makes, up to the first finding. No coverage, no state: a seed and a number say all.</summary>
/// <remarks>One thread runs; <see cref="Executions"/> and <see cref="Current"/> may be looked at by another, which sees whether it still goes on.</remarks>
internal sealed class MutationFuzzer(FuzzTarget target, IReadOnlyList<byte[]> corpus, IReadOnlyList<byte[]> dictionary, int seed)
{
    private long _executions;
    private byte[] _current = [];

    /// <summary>How many inputs have begun.</summary>
    public long Executions => Interlocked.Read(ref _executions);

    /// <summary>The input under way.</summary>
    public byte[] Current => Volatile.Read(ref _current);

    /// <summary>First the corpus as it is, then what is made of it.</summary>
    /// <param name="goesOn">Asked before each input with the number of those before.</param>
    /// <returns>The first input for which something does not hold, made as small as it gets; null: there was none.</returns>
    public Finding? Run(Func<long, bool> goesOn)
    {
        Mutator mutator = new(seed, corpus, dictionary);
        while (goesOn(_executions))
        {
            byte[] input = _executions < corpus.Count ? corpus[(int)_executions] : mutator.Next();
            Volatile.Write(ref _current, input);
            Interlocked.Increment(ref _executions);
            if (Finding.Of(target, input) is { } finding)
            {
                return finding.Minimize(target);
            }
        }

        return null;
    }
}
