using System.Globalization;
using System.Text.RegularExpressions;
using Netra.Realtime.Client.Connections;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Tests.Client;

/// <summary>Both clients do the same on each close code: the table is that of the JavaScript client's own test.</summary>
public sealed partial class ClientParityTests
{
    [Fact]
    public void CloseCodes_OfTheJavaScriptClientsTable_AreTreatedTheSame()
    {
        string test = File.ReadAllText(Path.Combine(RepositoryFiles.Root(), "src", "netra-realtime-js", "test", "reconnect.test.js"));
        MatchCollection rows = Row().Matches(test);
        Assert.True(rows.Count >= 20, "The table was not found.");

        Assert.All(rows, row =>
        {
            int code = int.Parse(row.Groups["code"].Value, CultureInfo.InvariantCulture);
            double? comes = row.Groups["comes"].Value is "null" ? null : double.Parse(row.Groups["comes"].Value.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
            ReconnectPolicy policy = new(TimeProvider.System, () => 0);

            Assert.Equal((code, comes), (code, policy.After(new ConnectionEnd(new CloseReason(code, "", CloseReason.ActionFor(code))))?.TotalMilliseconds));
        });
    }

    [GeneratedRegex(@"\{ code: (?<code>\d{4}), comes: (?<comes>null|[\d_]+) \}")]
    private static partial Regex Row();
}
