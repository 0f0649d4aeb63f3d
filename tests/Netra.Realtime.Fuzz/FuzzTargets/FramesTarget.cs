using static Netra.Realtime.Fuzz.FuzzTargets.FuzzFailureException;

namespace Netra.Realtime.Fuzz.FuzzTargets;

/// <summary>The frames of a peer, of either side: what comes out is what a plain reading of the RFC says, however the bytes are cut.</summary>
internal static class FramesTarget
{
    public static void Run(byte[] bytes)
    {
        FuzzInput input = new(bytes);
        FrameSettings settings = FrameSettings.Of(input.Settings);

        FrameRun whole = new FrameRun(settings).Give([input.Body]);
        ThrowUnlessSame(FrameModel.Read(input.Body, settings), whole.Outcomes, "frames are read as the RFC says");
        whole.End();

        ThrowUnlessSame(whole.Outcomes, new FrameRun(settings).Give(input.Pieces()).End(), "pieces are read like the whole");
        ThrowUnlessSame(whole.Outcomes, new FrameRun(settings).Give(input.Bytes()).End(), "single bytes are read like the whole");
        ThrowUnlessSame(whole.Outcomes, new FrameRun(settings).GiveAtOnce(input.Pieces()).End(), "segments are read like the whole");
    }
}
