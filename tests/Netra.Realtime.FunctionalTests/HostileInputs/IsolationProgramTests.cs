using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>Random programs over users whose ids were chosen to be confused, with clients that guess each other's positions, runs and rooms.</summary>
public sealed class IsolationProgramTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Program_Random_EachConnectionGetsExactlyItsUsersEvents(int seed)
    {
        await using IsolationProgram program = new(seed);
        await program.StartAsync();
        for (int step = 0; step < LongTests.Times(1_000, 4_000); step++)
        {
            await program.StepAsync();
        }

        await program.EndAsync();

        // The guesses met something: own and foreign runs, open and closed rooms, positions of others.
        Assert.All(["ok", ErrorCodes.NotFound, """{"ended":true}""", ErrorCodes.Forbidden, ErrorCodes.BadRequest], answer => Assert.True(program.Answers.GetValueOrDefault(answer) >= 10, answer));
    }
}
