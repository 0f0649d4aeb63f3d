using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Netra.Realtime.LoadTests.Driving;

namespace Netra.Realtime.LoadTests.Comparing;

/// <summary>The table of a scenario, as Markdown.</summary>
internal sealed class ComparisonReport(Scenario scenario, string command, bool isQuick)
{
    private readonly List<(int Run, string Part, DriveResult Result)> _results = [];

    public void Add(int run, string part, DriveResult result) => _results.Add((run, part, result));

    public override string ToString()
    {
        string pinned = scenario.IsOneProcess ? "one process" : ServerProcess.CanPin ? "server on processor 0, driver on processor 1" : "not pinned to processors";
        int runs = _results.Max(result => result.Run);
        StringBuilder text = new();
        Line(text, $"Machine: {Environment.ProcessorCount} virtual cores ({RuntimeInformation.ProcessArchitecture}, shared), {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, workstation GC; {pinned}.");
        Line(text, $"");
        Line(text, $"# {scenario.Question}");
        Line(text, $"");
        Line(text, $"{scenario.Meaning}{(isQuick ? " But quick: with smaller numbers, and what it cost means nothing." : "")}");
        Line(text, $"");
        Line(text, $"{DateTime.UtcNow:yyyy-MM-dd}; {runs} {(runs == 1 ? "run" : "runs")} of each, in turn; {(scenario.HasFiguresInRows ? "medians, and the least and the most" : "medians, also of the ratios within a pass")}. Every run was checked: {scenario.Check}.");
        Line(text, $"");
        Line(text, $"```");
        Line(text, $"dotnet run -c Release --project benchmarks/Netra.Realtime.LoadTests -- {command}");
        Line(text, $"```");
        Line(text, $"");
        if (scenario.HasFiguresInRows)
        {
            AddTableOfFigures(text);
        }
        else
        {
            AddTable(text);
        }

        return text.ToString();
    }

    /// <returns>The value in the middle, or between the two in the middle.</returns>
    internal static double Median(IEnumerable<double> values)
    {
        double[] ordered = [.. values.Order()];
        return (ordered[(ordered.Length - 1) / 2] + ordered[ordered.Length / 2]) / 2;
    }

    private void AddTable(StringBuilder text)
    {
        Column first = scenario.Columns[0];
        bool hasParts = scenario.Parts.Length > 1;
        string[] before = hasParts ? ["what", "target"] : ["target"];
        string to = scenario.ComparesParts ? scenario.Parts[0].Label : "netra";
        string[] figures = [first.Title, "min-max", $"ratio to {to}", .. scenario.Columns.Skip(1).Select(column => column.Title)];
        Line(text, $"| {string.Join(" | ", before.Concat(figures))} |");
        Line(text, $"| {string.Join(" | ", before.Select(_ => "---").Concat(figures.Select(_ => "---:")))} |");
        foreach (IGrouping<(string Part, string Target), (int Run, string Part, DriveResult Result)> row in _results.GroupBy(r => (r.Part, r.Result.Target)))
        {
            DriveResult[] results = [.. row.Select(r => r.Result)];
            IEnumerable<string> cells = Array.Find(results, r => !r.IsSound) is { } broken
                ? figures.Select((_, at) => at == 0 ? $"no figures: {broken.Fault}" : "")
                : [Show(results, first), Range(results, first), Ratio(row), .. scenario.Columns.Skip(1).Select(column => Show(results, column))];
            string[] names = hasParts ? [row.Key.Part, row.Key.Target] : [row.Key.Target];
            Line(text, $"| {string.Join(" | ", names.Concat(cells))} |");
        }
    }

    // A target a column, for many figures of few targets.
    private void AddTableOfFigures(StringBuilder text)
    {
        (string Target, DriveResult[] Results)[] targets = [.. _results.GroupBy(r => r.Result.Target).Select(g => (g.Key, g.Select(r => r.Result).ToArray()))];
        Line(text, $"| what | {string.Join(" | ", targets.Select(target => target.Target))} |");
        Line(text, $"| --- | {string.Join(" | ", targets.Select(_ => "---:"))} |");
        foreach ((string target, DriveResult[] results) in targets)
        {
            if (Array.Find(results, r => !r.IsSound) is { } broken)
            {
                Line(text, $"| no figures of {target}: {broken.Fault} |{string.Concat(targets.Select(_ => " |"))}");
            }
        }

        foreach (Column figure in scenario.Columns)
        {
            Line(text, $"| {figure.Title} | {string.Join(" | ", targets.Select(target => ShowWithRange(target.Results, figure)))} |");
        }
    }

    private static string ShowWithRange(DriveResult[] results, Column column) => Array.Exists(results, r => !r.IsSound) ? "-"
        : results.Length == 1 ? Show(results, column) : $"{Show(results, column)} ({Range(results, column)})";

    private string Ratio(IEnumerable<(int Run, string Part, DriveResult Result)> row)
    {
        List<double> ratios = [];
        foreach ((int run, string part, DriveResult result) in row)
        {
            DriveResult? other = scenario.ComparesParts
                ? _results.Find(r => r.Run == run && r.Part == scenario.Parts[0].Label && r.Result.Target == result.Target).Result
                : _results.Find(r => r.Run == run && r.Part == part && r.Result.Target == "netra").Result;
            string figure = scenario.Columns[0].Figure;
            if (other is { IsSound: true } && result[figure] is { } own && other[figure] is { } its and > 0)
            {
                ratios.Add(own / its);
            }
        }

        return ratios.Count > 0 ? Median(ratios).ToString("F2", CultureInfo.InvariantCulture) : "-";
    }

    private static string Show(DriveResult[] results, Column column) =>
        ValuesOf(results, column) is { Length: > 0 } values ? Median(values).ToString(column.Format, CultureInfo.InvariantCulture) : "-";

    private static string Range(DriveResult[] results, Column column) => ValuesOf(results, column) is { Length: > 0 } values
        ? $"{values.Min().ToString(column.Format, CultureInfo.InvariantCulture)}-{values.Max().ToString(column.Format, CultureInfo.InvariantCulture)}"
        : "-";

    private static double[] ValuesOf(DriveResult[] results, Column column) => [.. results.Select(r => r[column.Figure]).OfType<double>()];

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
