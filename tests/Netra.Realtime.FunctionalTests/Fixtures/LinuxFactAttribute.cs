namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>A test that looks into <c>/proc</c> or limits a process.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "This needs Linux.";
        }
    }
}
