using System.Runtime.InteropServices;

namespace Netra.Realtime.Sessions;

/// <summary>A tool call that has not completed.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct OpenTool(string Name, long StartTimestamp);
