using Netra.Realtime.Fuzz.Mutation;

namespace Netra.Realtime.Tests.Fuzz;

public sealed class MutatorTests
{
    private static readonly byte[][] Corpus = ["0!7(\nGET / HTTP/1.1"u8.ToArray(), [], new byte[300]];
    private static readonly byte[][] Dictionary = ["token"u8.ToArray(), [0x81]];

    [Fact]
    public void Next_SameSeed_MakesTheSameInputs()
    {
        Mutator one = new(7, Corpus, Dictionary);
        Mutator other = new(7, Corpus, Dictionary);

        Assert.All(Enumerable.Range(0, 2_000), _ => Assert.Equal(one.Next(), other.Next()));
    }

    [Fact]
    public void Next_AnotherSeed_MakesOthers()
    {
        Assert.NotEqual(Inputs(7), Inputs(8));

        static List<string> Inputs(int seed)
        {
            Mutator mutator = new(seed, Corpus, Dictionary);
            return [.. Enumerable.Range(0, 20).Select(_ => Convert.ToHexString(mutator.Next()))];
        }
    }

    [Fact]
    public void Next_ManyTimes_MakesManyInputs_NoneTooLong_AndLeavesTheCorpusAsItIs()
    {
        byte[][] corpus = [new byte[Mutator.MaxBytes], new byte[10]];
        Mutator mutator = new(7, corpus, Dictionary);

        List<byte[]> inputs = [.. Enumerable.Range(0, 2_000).Select(_ => mutator.Next())];

        Assert.True(inputs.Select(Convert.ToHexString).Distinct(StringComparer.Ordinal).Count() > 1_000);
        Assert.Equal(Mutator.MaxBytes, inputs.Max(input => input.Length));
        Assert.All(corpus, bytes => Assert.DoesNotContain(bytes, value => value != 0));
    }

    [Fact]
    public void Next_WithoutADictionary_ChangesAllTheSame()
    {
        Mutator mutator = new(7, [[1, 2, 3]], []);

        Assert.Contains(Enumerable.Range(0, 100).Select(_ => mutator.Next()), input => !input.SequenceEqual(new byte[] { 1, 2, 3 }));
    }
}
