namespace Netra.Realtime.FunctionalTests.LoadTests;

/// <summary>The driver uses epoll and <c>/proc</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "The driver of the load tests needs Linux.";
        }
    }
}
