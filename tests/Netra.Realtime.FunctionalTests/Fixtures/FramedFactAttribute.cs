using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>A test of what only the library's own framing sees, with processes that are stopped. On the framework's sockets its own keep-alive is at work.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FramedFactAttribute : FactAttribute
{
    public FramedFactAttribute() => Skip = Missing;

    /// <summary>Why such tests are skipped; null when nothing is missing.</summary>
    public static string? Missing { get; } =
        TestTransport.IsSystemNet ? "The framework's framing shows no pings." : OperatingSystem.IsLinux() ? null : "This needs Linux.";
}
