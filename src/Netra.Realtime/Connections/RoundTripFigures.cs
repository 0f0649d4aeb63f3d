using System.Runtime.InteropServices;

namespace Netra.Realtime.Connections;

/// <summary>From a ping to its answer, on one connection.</summary>
/// <param name="Last">Of the last ping that was answered.</param>
/// <param name="Smoothed">Over the last ones: each new answer weighs an eighth, as in RFC 6298 section 2.3.</param>
/// <param name="Min">The shortest.</param>
/// <param name="Max">The longest.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RoundTripFigures(TimeSpan Last, TimeSpan Smoothed, TimeSpan Min, TimeSpan Max);
