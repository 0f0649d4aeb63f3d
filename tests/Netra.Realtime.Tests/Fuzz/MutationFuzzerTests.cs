using Netra.Realtime.Fuzz.FuzzTargets;
using Netra.Realtime.Fuzz.Mutation;

namespace Netra.Realtime.Tests.Fuzz;

public sealed class MutationFuzzerTests
{
    private const int Seed = 6455;
    private static readonly byte[][] Corpus = ["a rather long beginning"u8.ToArray(), "and another"u8.ToArray()];
    private static readonly byte[][] Dictionary = ["BUG"u8.ToArray()];

    [Fact]
    public void Run_APlantedBug_IsFoundAndMadeSmall()
    {
        FuzzTarget target = new("planted", static bytes => FuzzFailureException.ThrowUnless(bytes.AsSpan().IndexOf("BUG"u8) < 0, "there is no bug"));

        Finding? finding = Fuzzer(target).Run(Times(100_000));

        Assert.Equal("BUG"u8.ToArray(), finding?.Input);
        Assert.Equal("there is no bug", Assert.IsType<FuzzFailureException>(finding?.Failure).Property);
    }

    [Fact]
    public void Run_TheSameSeed_FindsItAtTheSameExecution()
    {
        FuzzTarget target = new("planted", static bytes => _ = bytes.Length > 100 ? throw new InvalidOperationException() : 0);
        MutationFuzzer one = Fuzzer(target);
        MutationFuzzer other = Fuzzer(target);

        Assert.Equal(one.Run(Times(100_000))?.Input, other.Run(Times(100_000))?.Input);
        Assert.Equal(one.Executions, other.Executions);
        Assert.Equal(one.Current, other.Current);
        Assert.InRange(one.Executions, Corpus.Length + 1, 99_999);
    }

    [Fact]
    public void Run_NothingToFind_RunsTheCorpusFirst_AndAsOftenAsAsked()
    {
        List<byte[]> inputs = [];
        MutationFuzzer fuzzer = Fuzzer(new FuzzTarget("sound", inputs.Add));

        Assert.Null(fuzzer.Run(Times(100)));
        Assert.Equal((100, 100), (inputs.Count, fuzzer.Executions));
        Assert.Equal(Corpus, inputs.Take(Corpus.Length));
    }

    [Fact]
    public void Minimize_AnotherFailureOnTheWay_IsNotTakenForIt()
    {
        FuzzTarget target = new("two bugs", static bytes =>
        {
            FuzzFailureException.ThrowUnless(!bytes.Contains((byte)'a') || !bytes.Contains((byte)'b'), "not both");
            FuzzFailureException.ThrowUnless(!bytes.Contains((byte)'a'), "no a");
        });

        Finding finding = Finding.Of(target, "xxaxxbxx"u8.ToArray())!.Minimize(target);

        Assert.Equal("ab"u8.ToArray(), finding.Input);
    }

    [Fact]
    public void Minimize_WhatNeedsNoByte_BecomesNothing()
    {
        FuzzTarget target = new("always", static _ => throw new InvalidOperationException());

        Assert.Empty(Finding.Of(target, [1, 2, 3])!.Minimize(target).Input);
    }

    private static MutationFuzzer Fuzzer(FuzzTarget target) => new(target, Corpus, Dictionary, Seed);

    private static Func<long, bool> Times(long executions) => done => done < executions;
}
