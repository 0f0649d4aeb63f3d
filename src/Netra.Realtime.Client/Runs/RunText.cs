namespace Netra.Realtime.Client.Runs;

/// <summary>One stretch of what the agent thinks or answers.</summary>
/// <param name="Kind">Which of the two.</param>
/// <param name="Part">Its number, from 1, over both.</param>
/// <param name="Text">What there is of it.</param>
public sealed record RunText(RunTextKind Kind, int Part, string Text) : RunEntry;
