using System.Globalization;

namespace Netra.Realtime.LoadTests;

/// <summary>Options as <c>--name value</c>, and switches as <c>--name</c>.</summary>
internal sealed class CommandLine(string[] args)
{
    public bool Has(string name) => Array.IndexOf(args, name) >= 0;

    public string Text(string name, string fallback) =>
        Array.IndexOf(args, name) is int at and >= 0 && at + 1 < args.Length ? args[at + 1] : fallback;

    public int Number(string name, int fallback) => int.Parse(Text(name, fallback.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
}
