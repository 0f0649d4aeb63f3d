using Netra.Realtime.Fuzz;

namespace Netra.Realtime.Tests.Fuzz;

public sealed class FuzzOptionsTests
{
    [Fact]
    public void Parse_Mutate_HasTheUsualSeed()
    {
        FuzzOptions? options = FuzzOptions.Parse(["--target", "frames", "--mutate", "20"]);

        Assert.Equal(("frames", TimeSpan.FromSeconds(20), 6455), (options?.Target.Name, options?.Mutate, options?.Seed));
    }

    [Fact]
    public void Parse_ExecutionsAndSeed_AreTaken()
    {
        FuzzOptions? options = FuzzOptions.Parse(["--target", "messages", "--executions", "5000", "--seed", "2"]);

        Assert.Equal((5000L, 2), (options?.Executions, options?.Seed));
    }

    [Fact]
    public void Parse_Replay_TakesAllFilesUpToTheNextOption()
    {
        Assert.Equal(["a", "b"], FuzzOptions.Parse(["--target", "handshake", "--replay", "a", "b", "--seed", "1"])?.Replay);
    }

    [Theory]
    [InlineData]
    [InlineData("--target")]
    [InlineData("--target", "frames")]
    [InlineData("--target", "nothing", "--afl")]
    [InlineData("--mutate", "20")]
    [InlineData("--target", "frames", "--mutate", "long")]
    [InlineData("--target", "frames", "--replay")]
    [InlineData("--target", "frames", "--mutate", "20", "--seed", "x")]
    public void Parse_WhatAsksForNothing_IsNoOptions(params string[] args)
    {
        Assert.Null(FuzzOptions.Parse(args));
    }
}
