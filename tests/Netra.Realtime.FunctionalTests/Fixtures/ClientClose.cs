using System.Runtime.InteropServices;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>How a connection ended at the client.</summary>
/// <param name="Code">The code of the server's close frame; null when there was none.</param>
/// <param name="Reason">Its reason.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ClientClose(int? Code, string? Reason);
