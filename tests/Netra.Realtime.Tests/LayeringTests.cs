using System.Reflection;
using System.Text.RegularExpressions;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Tests;

/// <summary>A folder may use what stands to its right, never to its left, nor a neighbour. Read from the sources, so that a mere using counts.</summary>
public sealed partial class LayeringTests
{
    private static readonly string[][] Order =
    [
        ["DependencyInjection"], ["Administration", "Hosting", "Health", "Runs"], ["Emitters"], ["Rooms"], ["Connections"], ["Sessions", "Sanitization"], ["Transports"],
    ];

    [Fact]
    public void EachFolder_UsesOnlyWhatStandsToItsRight()
    {
        string source = Path.Combine(RepositoryFiles.Root(), "src", "Netra.Realtime");
        List<string> violations = [];
        foreach (string file in Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories))
        {
            string[] path = Path.GetRelativePath(source, file).Split(Path.DirectorySeparatorChar);
            int level = Array.FindIndex(Order, folders => folders.Contains(path[0]));
            foreach (Match match in Used().Matches(File.ReadAllText(file)))
            {
                string used = match.Groups[1].Value;
                int usedLevel = Array.FindIndex(Order, folders => folders.Contains(used));
                bool allowed = used == path[0] || used is "Protocol" or "Diagnostics" || (level >= 0 && usedLevel > level);
                if (!allowed)
                {
                    violations.Add($"{Path.Combine(path)} uses {used}");
                }
            }
        }

        Assert.Empty(violations);
    }

    [Fact]
    public void LogClasses_HaveUniqueIdsInTheirRange()
    {
        HashSet<int> seen = [];
        foreach (Type type in typeof(UserSession).Assembly.GetTypes().Where(type => type.Name.EndsWith("Log", StringComparison.Ordinal) && type.IsAbstract && type.IsSealed))
        {
            (int first, int last) = Realtime.Diagnostics.LogIds.Ranges[type.Name];
            foreach (MethodInfo method in type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            {
                if (method.GetCustomAttribute<Microsoft.Extensions.Logging.LoggerMessageAttribute>() is { } message)
                {
                    Assert.InRange(message.EventId, first, last);
                    Assert.True(seen.Add(message.EventId), $"{message.EventId} is used twice");
                }
            }
        }

        Assert.NotEmpty(seen);
    }

    [GeneratedRegex(@"^using Netra\.Realtime\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex Used();
}
