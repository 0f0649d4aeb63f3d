using System.Text;

namespace Netra.Realtime.Tests.Protocol;

/// <summary>The wire, byte by byte. NETRA_WRITE_GOLDEN=1 rewrites the files: a change of the wire is a change of those, on purpose.</summary>
internal static class GoldenFile
{
    public static readonly bool Rewrite = Environment.GetEnvironmentVariable("NETRA_WRITE_GOLDEN") == "1";

    public static byte[] Check(string name, string message)
    {
        string file = name + ".json";
        if (Rewrite)
        {
            File.WriteAllText(Path.Combine(RepositoryFiles.Root(), "tests", "Netra.Realtime.Tests", "Golden", file), message + "\n");
            return Encoding.UTF8.GetBytes(message);
        }
        string golden = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", file), new UTF8Encoding(false, throwOnInvalidBytes: true));
        Assert.Equal(golden, message + "\n");
        return Encoding.UTF8.GetBytes(golden[..^1]);
    }
}
