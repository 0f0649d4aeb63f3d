using System.Diagnostics;
using System.Globalization;
using Netra.Realtime.Fuzz.FuzzTargets;
using Netra.Realtime.Fuzz.Mutation;
using SharpFuzz;

namespace Netra.Realtime.Fuzz;

/// <summary>0: nothing was found. 1: something was. 2: the command line asks for nothing that there is.</summary>
internal static class Program
{
    // No input takes a second; a machine that stands still for so long is no finding either.
    private static readonly TimeSpan HangAfter = TimeSpan.FromMinutes(1);

    private const int AflMapBytes = 65_536;

    public static int Main(string[] args)
    {
        switch (FuzzOptions.Parse(args))
        {
            case null:
                Console.Error.WriteLine(FuzzOptions.Usage);
                return 2;
            case { IsAfl: true } options:
                WarmUp(options.Target);
                // In a process of its own, so that one that dies of a stack overflow is reported too.
                Fuzzer.OutOfProcess.Run(stream => options.Target.Run(ReadAll(stream)));
                return 0;
            case { Replay.Count: > 0 } options:
                return Replay(options.Target, [.. options.Replay.SelectMany(FuzzFiles.Files)]);
            case { } options:
                return Mutate(options);
        }
    }

    // What runs once in a process, as tables are made, is no path of an input: it is gone through before afl-fuzz looks.
    private static unsafe void WarmUp(FuzzTarget target)
    {
        byte[] edges = new byte[AflMapBytes];
        fixed (byte* memory = edges)
        {
            SharpFuzz.Common.Trace.SharedMem = memory;
            foreach (string file in FuzzFiles.Corpus(target))
            {
                _ = Finding.Of(target, File.ReadAllBytes(file));
            }
        }
    }

    private static byte[] ReadAll(Stream stream)
    {
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static int Replay(FuzzTarget target, string[] files)
    {
        int failed = 0;
        foreach (string file in files)
        {
            if (Finding.Of(target, File.ReadAllBytes(file)) is { } finding)
            {
                failed++;
                Console.WriteLine($"{file}: {finding.Failure}");
            }
        }

        Console.WriteLine($"{target.Name}: {files.Length} inputs, {failed} failed");
        return failed == 0 ? 0 : 1;
    }

    private static int Mutate(FuzzOptions options)
    {
        byte[][] corpus = [.. FuzzFiles.Corpus(options.Target).Select(File.ReadAllBytes)];
        MutationFuzzer fuzzer = new(options.Target, corpus, FuzzFiles.Dictionary(options.Target), options.Seed);
        Stopwatch watch = Stopwatch.StartNew();
        long last = 0;
        using Timer hang = new(
            _ =>
            {
                if (Interlocked.Exchange(ref last, fuzzer.Executions) == fuzzer.Executions)
                {
                    Console.WriteLine($"{options.Target.Name}: does not end: {FuzzFiles.Save(options.Target, "hang", fuzzer.Current)}");
                    Environment.Exit(1);
                }
            },
            null, HangAfter, HangAfter);

        Finding? finding = fuzzer.Run(options.Executions > 0 ? done => done < options.Executions : _ => watch.Elapsed < options.Mutate);

        string what = string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Target.Name}: {fuzzer.Executions} executions in {watch.Elapsed.TotalSeconds:F0} s, {corpus.Length} in the corpus, seed {options.Seed}");
        Console.WriteLine(finding is null
            ? $"{what}: nothing found"
            : $"{what}: {finding.Failure}\n{finding.Input.Length} bytes: {FuzzFiles.Save(options.Target, "found", finding.Input)}");
        return finding is null ? 0 : 1;
    }
}
