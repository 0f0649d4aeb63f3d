using System.Globalization;
using Netra.Realtime.Fuzz.FuzzTargets;

namespace Netra.Realtime.Fuzz;

/// <summary>What the command line asks for.</summary>
internal sealed record FuzzOptions(FuzzTarget Target, bool IsAfl, IReadOnlyList<string> Replay, TimeSpan Mutate, long Executions, int Seed)
{
    public const string Usage = """
        --target frames|handshake|messages, and one of
          --replay FILE|FOLDER...   each file once
          --mutate SECONDS          the mutation fuzzer, for so long
          --executions N            the mutation fuzzer, for so many inputs
          --afl                     under afl-fuzz: see eng/fuzz.sh
        --seed N                    of the mutation fuzzer; 6455 without it
        """;

    private const int DefaultSeed = 6455;

    /// <summary>Null: it asks for nothing that there is.</summary>
    public static FuzzOptions? Parse(string[] args)
    {
        FuzzTarget? target = FuzzTarget.Find(Value(args, "--target"));
        bool isAfl = args.Contains("--afl");
        int replay = Array.IndexOf(args, "--replay");
        string[] files = replay < 0 ? [] : [.. args.Skip(replay + 1).TakeWhile(static arg => !arg.StartsWith("--", StringComparison.Ordinal))];
        if (target is null || !TryRead(args, "--mutate", 0, out double seconds) || !TryRead(args, "--executions", 0, out long executions)
            || !TryRead(args, "--seed", DefaultSeed, out int seed) || !(isAfl || files.Length > 0 || seconds > 0 || executions > 0))
        {
            return null;
        }

        return new FuzzOptions(target, isAfl, files, TimeSpan.FromSeconds(seconds), executions, seed);
    }

    private static string? Value(string[] args, string name)
    {
        int at = Array.IndexOf(args, name);
        return at < 0 ? null : args.ElementAtOrDefault(at + 1) ?? "";
    }

    private static bool TryRead<T>(string[] args, string name, T otherwise, out T value)
        where T : IParsable<T>
    {
        value = otherwise;
        return Value(args, name) is not { } text || T.TryParse(text, CultureInfo.InvariantCulture, out value!);
    }
}
