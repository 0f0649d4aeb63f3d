using System.Runtime.InteropServices;

namespace Netra.Realtime.Fuzz.FuzzTargets;

/// <summary>What a reader of frames is set to.</summary>
/// <param name="IsServer">Whether the peer is a client.</param>
/// <param name="MaxMessageBytes">The largest message.</param>
/// <param name="MaxFragments">The most fragments.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FrameSettings(bool IsServer, int MaxMessageBytes, int MaxFragments)
{
    // The last is above what 16 bits of length can say.
    private static readonly int[] Limits = [1024, 16, 125, 70_000];

    /// <summary>A bit for the side, two for the limit, one for the fragments.</summary>
    public static FrameSettings Of(int settings) => new((settings & 1) == 0, Limits[(settings >> 1) & 3], (settings & 8) == 0 ? 128 : 3);
}
