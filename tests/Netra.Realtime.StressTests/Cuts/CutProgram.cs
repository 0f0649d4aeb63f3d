using System.Text.Json;
using CsCheck;

namespace Netra.Realtime.StressTests.Cuts;

/// <summary>A random program: rounds, one after the other.</summary>
internal sealed record CutProgram(CutRound[] Rounds)
{
    public static Gen<CutProgram> Any { get; } =
        Gen.Select(Gen.Select(Gen.Int[0, 10], Gen.Int[0, 11], Gen.Int[0, 11]).Array[0, 5], Gen.Int[0, 99].Array[1, 20].Array[1, 3], Gen.Int[0, 30].Array[0, 4].Array[4])
            .Select((steps, agents, cuts) => new CutRound([.. steps.Select(step => new CutStep((CutStepKind)step.Item1, step.Item2, step.Item3))], agents, cuts))
            .Array[1, 5]
            .Select(rounds => new CutProgram(rounds));

    /// <summary>What a failure prints.</summary>
    public override string ToString() => JsonSerializer.Serialize(this);
}

/// <summary>First what happens while nobody emits, then everybody at once: agents, and devices that follow and are cut.</summary>
internal sealed record CutRound(CutStep[] Steps, int[][] Agents, int[][] Cuts);

internal sealed record CutStep(CutStepKind Kind, int A, int B);

internal enum CutStepKind
{
    NewDevice,
    AnotherNewDevice,
    Leave,
    Return,
    Supersede,
    Join,
    LeaveRoom,
    Subscribe,
    Expire,
    Evict,
    Stall,
}
