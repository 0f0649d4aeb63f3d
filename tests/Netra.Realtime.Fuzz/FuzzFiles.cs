using System.Security.Cryptography;
using Netra.Realtime.Fuzz.FuzzTargets;

namespace Netra.Realtime.Fuzz;

/// <summary>Where the inputs are: the corpus and the dictionaries in the repository, findings among what is built.</summary>
internal static class FuzzFiles
{
    private const string Project = "tests/Netra.Realtime.Fuzz";

    public static string Root { get; } = FindRoot();

    /// <summary>The files of a target's corpus, always in the same order.</summary>
    public static IReadOnlyList<string> Corpus(FuzzTarget target) => Files(Path.Combine(Root, Project, "Corpus", target.Name));

    /// <summary>The tokens of a target, from a file in the form that AFL reads: a line has a token in quotes, with <c>\xNN</c> for what is no letter.</summary>
    public static IReadOnlyList<byte[]> Dictionary(FuzzTarget target) =>
        [.. File.ReadLines(Path.Combine(Root, Project, "Dictionaries", $"{target.Name}.dict")).Where(static line => line.StartsWith('"')).Select(ReadToken)];

    /// <summary>A file, or all of a folder.</summary>
    public static IReadOnlyList<string> Files(string path) =>
        Directory.Exists(path) ? [.. Directory.GetFiles(path).Order(StringComparer.Ordinal)] : [path];

    /// <summary>Keeps what was found.</summary>
    /// <returns>The path.</returns>
    public static string Save(FuzzTarget target, string kind, byte[] input)
    {
        string folder = Directory.CreateDirectory(Path.Combine(Root, "artifacts", "fuzz", "found", target.Name)).FullName;
        string path = Path.Combine(folder, $"{kind}-{Convert.ToHexStringLower(SHA256.HashData(input))[..10]}");
        File.WriteAllBytes(path, input);
        return path;
    }

    private static byte[] ReadToken(string line)
    {
        List<byte> token = [];
        ReadOnlySpan<char> text = line.AsSpan(1, line.LastIndexOf('"') - 1);
        while (!text.IsEmpty)
        {
            bool isEscaped = text[0] == '\\';
            bool isHex = isEscaped && text[1] == 'x';
            token.Add(isHex ? Convert.FromHexString(text.Slice(2, 2))[0] : (byte)text[isEscaped ? 1 : 0]);
            text = text[(isHex ? 4 : isEscaped ? 2 : 1)..];
        }

        return [.. token];
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Netra.Realtime.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("This does not run inside the repository.");
    }
}
