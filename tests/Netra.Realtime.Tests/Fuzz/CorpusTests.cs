using Netra.Realtime.Fuzz;
using Netra.Realtime.Fuzz.FuzzTargets;
using Netra.Realtime.Fuzz.Mutation;

namespace Netra.Realtime.Tests.Fuzz;

/// <summary>What was written by hand and what fuzzers have found holds for good.</summary>
public sealed class CorpusTests
{
    public static TheoryData<string> Targets => [.. FuzzTarget.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Run_EveryFileOfTheCorpus_Holds(string name)
    {
        FuzzTarget target = FuzzTarget.Find(name)!;
        IReadOnlyList<string> files = FuzzFiles.Corpus(target);

        string[] failed = [.. files.Where(file => Finding.Of(target, File.ReadAllBytes(file)) is not null).Select(file => Path.GetFileName(file))];

        Assert.NotEmpty(files);
        Assert.Empty(failed);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Run_AnythingAtAll_Holds(string name)
    {
        FuzzTarget target = FuzzTarget.Find(name)!;

        for (int length = 0; length < 8; length++)
        {
            target.Run(new byte[length]);
            target.Run([.. Enumerable.Repeat((byte)0xFF, length)]);
        }
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Dictionary_OfEveryTarget_HasTokens(string name)
    {
        IReadOnlyList<byte[]> tokens = FuzzFiles.Dictionary(FuzzTarget.Find(name)!);

        Assert.NotEmpty(tokens);
        Assert.DoesNotContain(tokens, token => token.Length == 0);
    }

    [Fact]
    public void Dictionary_EscapedTokens_AreReadAsAflReadsThem()
    {
        Assert.Contains(FuzzFiles.Dictionary(FuzzTarget.Find("handshake")!), token => token is [(byte)'\r', (byte)'\n']);
        Assert.Contains(FuzzFiles.Dictionary(FuzzTarget.Find("messages")!), token => token is [(byte)'"', (byte)'i', (byte)'d', (byte)'"', (byte)':']);
        Assert.Contains(FuzzFiles.Dictionary(FuzzTarget.Find("messages")!), token => token is [(byte)'\\', (byte)'"']);
    }
}
