namespace Netra.Realtime.LoadTests.Comparing;

/// <param name="Title">What stands above it.</param>
/// <param name="Figure">What stands in it: one of <see cref="Driving.Figure"/>.</param>
/// <param name="Format">How it is written.</param>
internal sealed record Column(string Title, string Figure, string Format);
