using System.Text.RegularExpressions;

namespace Netra.Realtime.Tests;

/// <summary>The code of the README is code that compiles.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public void ServerExample_IsTheCompiledSample()
    {
        string root = RepositoryFiles.Root();
        string readme = File.ReadAllText(Path.Combine(root, "README.md")).ReplaceLineEndings("\n");
        string sample = File.ReadAllText(Path.Combine(root, "samples", "QuickStart", "Program.cs")).ReplaceLineEndings("\n");

        string shown = Regex.Match(readme, "```csharp\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;

        Assert.Equal(sample.Trim(), shown.Trim());
    }
}
