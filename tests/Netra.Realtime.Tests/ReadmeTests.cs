using System.Text.RegularExpressions;

namespace Netra.Realtime.Tests;

/// <summary>The code of the README is code that compiles.</summary>
public sealed class ReadmeTests
{
    [Theory]
    [InlineData("README.md", "samples/QuickStart/Program.cs")]
    [InlineData("src/Netra.Realtime.Testing/README.md", "tests/Netra.Realtime.Tests/Testing/LibrarianTests.cs")]
    [InlineData("src/Netra.Realtime.Client/README.md", "tests/Netra.Realtime.FunctionalTests/Client/Follower.cs")]
    public void FirstExample_IsTheCompiledFile(string readme, string compiled)
    {
        string shown = Regex.Match(Read(readme), "```csharp\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;

        Assert.Equal(Read(compiled).Trim(), shown.Trim());
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(RepositoryFiles.Root(), path)).ReplaceLineEndings("\n");
}
