namespace Netra.Realtime.FunctionalTests.Browser;

/// <summary>A test that needs a real browser: skipped with the reason where there is none, unless <c>NETRA_REQUIRE_BROWSER=1</c>.</summary>
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Chromium is null && Environment.GetEnvironmentVariable("NETRA_REQUIRE_BROWSER") != "1")
        {
            Skip = "No Chromium was found: install it, or set NETRA_CHROMIUM to its path.";
        }
    }

    /// <summary>The browser, or null.</summary>
    public static string? Chromium { get; } = Find();

    private static string? Find()
    {
        string? chosen = Environment.GetEnvironmentVariable("NETRA_CHROMIUM");
        if (chosen is not null)
        {
            return chosen;
        }

        string[] names = OperatingSystem.IsWindows()
            ? ["chrome.exe", "msedge.exe"]
            : ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (OperatingSystem.IsWindows())
        {
            // Browsers are installed there and not put on the path.
            folders = folders.Concat(
                from root in new[] { Environment.SpecialFolder.ProgramFiles, Environment.SpecialFolder.ProgramFilesX86 }
                from browser in new[] { @"Google\Chrome\Application", @"Microsoft\Edge\Application" }
                select Path.Combine(Environment.GetFolderPath(root), browser));
        }

        return names.SelectMany(name => folders.Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }
}
