namespace Netra.Realtime.Sessions;

internal enum RunStepKind
{
    /// <summary>Any event in the middle of a run.</summary>
    Other,
    ToolExecuting,
    Progress,
    ToolCompleted,
    Terminal,
}
