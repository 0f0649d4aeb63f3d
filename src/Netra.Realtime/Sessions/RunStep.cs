using System.Runtime.InteropServices;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>What an event means for the contract of its run.</summary>
/// <param name="Kind">The meaning.</param>
/// <param name="Call">The call, of the steps that have one.</param>
/// <param name="Tool">What is opened, with <see cref="RunStepKind.ToolExecuting"/>.</param>
/// <param name="IsOfEnd">Whether it is part of ending the run, and so allowed while the run ends.</param>
/// <param name="End">How the run ends, with <see cref="RunStepKind.Terminal"/>.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RunStep(
    RunStepKind Kind,
    CallId Call = default,
    OpenTool Tool = default,
    bool IsOfEnd = false,
    RunEnd End = default);
