using System.Reflection;
using System.Text.RegularExpressions;

namespace AgentChat;

/// <summary>A folder of text files: listed, searched and read. Names outside the folder do not exist.</summary>
public sealed partial class DocumentLibrary
{
    private const int MaxFileBytes = 1024 * 1024;
    private readonly string[] _files;

    private DocumentLibrary(string root, IEnumerable<string> files)
    {
        Root = root;
        _files = [.. files.Select(file => Path.GetRelativePath(root, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];
    }

    public static string RepositoryRoot { get; } = typeof(DocumentLibrary).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    public string Root { get; }

    /// <summary>The folder given, or this repository's own documentation.</summary>
    public static DocumentLibrary From(string? folder) => folder is null
        ? new(RepositoryRoot, [Path.Combine(RepositoryRoot, "README.md"), .. TextFiles(Path.Combine(RepositoryRoot, "docs"))])
        : new(Path.GetFullPath(folder), TextFiles(Path.GetFullPath(folder)));

    public IReadOnlyList<string> ListFiles() => _files;

    public async Task<string> ReadFileAsync(string name, CancellationToken cancellationToken) => _files.Contains(name)
        ? await File.ReadAllTextAsync(Path.Combine(Root, name), cancellationToken)
        : throw new FileNotFoundException("There is no such document.", name);

    /// <summary>Passages that share words with the question, the rarest words counting most (BM25-like), best first.</summary>
    public async Task<IReadOnlyList<Passage>> SearchAsync(string question, CancellationToken cancellationToken)
    {
        List<(Passage Passage, HashSet<string> Words)> all = [];
        foreach (string file in _files)
        {
            foreach (Passage passage in Passages(file, await ReadFileAsync(file, cancellationToken)))
            {
                all.Add((passage, [.. Words(passage.Heading + " " + passage.Text)]));
            }
        }

        string[] wanted = [.. Words(question).Distinct()];
        Dictionary<string, double> weights = wanted.ToDictionary(word => word, word => Math.Log(1 + ((double)all.Count / (1 + all.Count(p => p.Words.Contains(word))))));
        return [.. all
            .Select(p => p.Passage with { Score = Math.Round(wanted.Where(p.Words.Contains).Sum(word => weights[word]) / (1 + (p.Words.Count / 200.0)), 2) })
            .Where(passage => passage.Score > 0)
            .OrderByDescending(passage => passage.Score)
            .Take(5)];
    }

    /// <summary>The words of a text that carry meaning, in lower case, without a plural's s.</summary>
    public static IEnumerable<string> Words(string text) => WordPattern().Matches(text)
        .Select(match => match.Value.ToLowerInvariant())
        .Where(word => word.Length > 2 && !StopWords.Contains(word))
        .Select(word => word.Length > 4 && word.EndsWith('s') ? word[..^1] : word);

    private static IEnumerable<string> TextFiles(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".md" or ".txt" && new FileInfo(file).Length <= MaxFileBytes)
        : throw new DirectoryNotFoundException($"There is no folder '{folder}'.");

    private static IEnumerable<Passage> Passages(string file, string text)
    {
        string heading = file;
        foreach (string block in BlankLines().Split(text))
        {
            string trimmed = block.Trim();
            if (trimmed.StartsWith('#'))
            {
                string[] lines = trimmed.Split('\n', 2);
                heading = lines[0].TrimStart('#', ' ');
                trimmed = lines.Length > 1 ? lines[1].Trim() : "";
            }

            if (trimmed.Length > 0 && !trimmed.StartsWith("```", StringComparison.Ordinal) && trimmed[0] != '|')
            {
                yield return new Passage(file, heading, trimmed, 0);
            }
        }
    }

    private static readonly HashSet<string> StopWords = new(
        "the and for are was were what when where which who why how does did can will with that this from into not you your has have its a an of to in on is it be or as at by".Split(' '),
        StringComparer.Ordinal);

    [GeneratedRegex(@"[\p{L}\p{N}_]+")]
    private static partial Regex WordPattern();

    [GeneratedRegex(@"\r?\n\s*\r?\n")]
    private static partial Regex BlankLines();
}

/// <summary>A paragraph of a document and how well it fits.</summary>
public sealed record Passage(string File, string Heading, string Text, double Score);
