using System.Net;
using Netra.Realtime.FunctionalTests.LoadTests;

namespace Netra.Realtime.FunctionalTests.Conformance;

/// <summary>The table of <see cref="ConformanceCases"/> against the <c>/echo</c> that public conformance suites can be pointed at too.</summary>
/// <remarks>
/// Of own framing each answer has to be right. Over the framework's WebSocket it is what the framework answers: what keeps the rules has to come back,
/// what breaks them ends in ways of its own, often by a reset that overtakes the close, and is not judged here.
/// </remarks>
public sealed class ConformanceTests
{
    public static TheoryData<string, string> Sections()
    {
        TheoryData<string, string> sections = [];
        foreach (string section in ConformanceCases.Sections.Keys)
        {
            sections.Add("netra", section);
            if (ConformanceCases.Sections[section].Any(test => !test.BreaksARule))
            {
                sections.Add("netra-system-net", section);
            }
        }

        return sections;
    }

    [Theory]
    [MemberData(nameof(Sections))]
    public async Task Echo_EachCaseOfASection_IsAnsweredAsTheRfcSays(string target, string section)
    {
        await using StartedServer server = await StartedServer.StartAsync(target);
        IPEndPoint echo = new(IPAddress.Loopback, server.Url.Port);
        List<string> wrong = [];
        int cases = 0;
        foreach (ConformanceCase test in ConformanceCases.Sections[section].Where(test => target == "netra" || !(test.BreaksARule || test.NeedsOwnFraming)))
        {
            cases++;
            string[] expected = test.Expected;
            bool closes = !expected.Any(IsClose);
            foreach (int pieceBytes in new[] { int.MaxValue, test.PieceBytes })
            {
                List<string> outcomes = await ConformanceClient.RunAsync(echo, test.Sent, pieceBytes, closes);
                if (!IsSame(closes ? [.. expected, "close:1000"] : expected, outcomes))
                {
                    wrong.Add($"{test.Name}: {string.Join(", ", outcomes.TakeLast(5))}");
                }
            }
        }

        Assert.NotEqual(0, cases);
        Assert.True(wrong.Count == 0, $"{wrong.Count}:\n" + string.Join('\n', wrong.Take(100)));
    }

    // A pong may overtake messages, and is overtaken by none that ended before its ping; a close is the last.
    private static bool IsSame(string[] expected, List<string> outcomes) =>
        expected.Length == outcomes.Count && expected[^1] == outcomes[^1]
        && expected.Where(IsPong).SequenceEqual(outcomes.Where(IsPong)) && expected.Where(IsMessage).SequenceEqual(outcomes.Where(IsMessage));

    private static bool IsPong(string outcome) => outcome.StartsWith("pong:", StringComparison.Ordinal);

    private static bool IsClose(string outcome) => outcome.StartsWith("close:", StringComparison.Ordinal);

    private static bool IsMessage(string outcome) => !IsPong(outcome) && !IsClose(outcome);
}
