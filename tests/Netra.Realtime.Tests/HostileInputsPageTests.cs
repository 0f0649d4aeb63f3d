using System.Text.RegularExpressions;

namespace Netra.Realtime.Tests;

/// <summary>Each row of <c>docs/hostile-inputs.md</c> names the test that proves it, and that test exists.</summary>
public sealed partial class HostileInputsPageTests
{
    [Fact]
    public void Rows_OfThePage_NameTestsThatExist()
    {
        ILookup<string, string> tests = TestsByClass();
        List<string> wrong = [];
        int rows = 0;
        foreach (string row in Rows())
        {
            string[] names = [.. Named().Matches(row[row.TrimEnd(' ', '|').LastIndexOf('|')..]).Select(match => match.Groups[1].Value)];
            string? type = null;
            foreach (string name in names)
            {
                // A method after another is of the same class; a class alone is all of its tests.
                string[] parts = name.Split('.');
                type = parts.Length == 2 || tests.Contains(parts[0]) ? parts[0] : type;
                bool exists = type is not null && (name == type ? tests[type].Any() : tests[type].Contains(parts[^1]));
                if (!exists)
                {
                    wrong.Add(name);
                }
            }

            if (names.Length == 0)
            {
                wrong.Add(row);
            }

            rows++;
        }

        Assert.Empty(wrong);
        Assert.True(rows > 50, $"{rows} rows were read: the page has another form than this test.");
    }

    private static IEnumerable<string> Rows() => File.ReadLines(Path.Combine(RepositoryFiles.Root(), "docs", "hostile-inputs.md"))
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| ---", StringComparison.Ordinal) && !line.EndsWith("| test |", StringComparison.Ordinal));

    private static ILookup<string, string> TestsByClass() =>
        Directory.EnumerateFiles(Path.Combine(RepositoryFiles.Root(), "tests"), "*Tests*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Declared().Matches(File.ReadAllText(file)).Select(match => (Class: Path.GetFileName(file).Split('.')[0], Method: match.Groups[1].Value)))
            .ToLookup(test => test.Class, test => test.Method, StringComparer.Ordinal);

    [GeneratedRegex("`([A-Za-z_0-9.]+)`")]
    private static partial Regex Named();

    // Only tests have names with underscores.
    [GeneratedRegex(@"public (?:async )?(?:Task|void) ([A-Z]\w*_\w+)\(")]
    private static partial Regex Declared();
}
