using System.Text;
using System.Text.RegularExpressions;
using Netra.Realtime.Transports.Rfc6455;
using static Netra.Realtime.Fuzz.FuzzTargets.FuzzFailureException;

namespace Netra.Realtime.Fuzz.FuzzTargets;

/// <summary>The grammar of a head (RFC 9112), as one expression: what it matches is complete, and nothing else is.</summary>
internal static partial class HeadGrammar
{
    public static void Check(byte[] bytes, HandshakeLimits limits, HeadRun run)
    {
        Match match = Head().Match(Encoding.Latin1.GetString(bytes));
        int fields = match.Groups["name"].Captures.Count;
        bool isComplete = match.Success && match.Length <= limits.MaxHeadBytes && fields <= limits.MaxFields;
        ThrowUnless(isComplete == (run.Status == HttpHeadStatus.Complete), "complete is what the grammar says", run.Status.ToString());
        if (isComplete)
        {
            IEnumerable<KeyValuePair<string, string>> pairs = match.Groups["name"].Captures.Zip(
                match.Groups["value"].Captures, static (name, value) => KeyValuePair.Create(name.Value, value.Value.Trim(' ', '\t')));
            ThrowUnlessSame([.. Describe(match.Groups["start"].Value, pairs), Convert.ToHexString(bytes.AsSpan(match.Length))], run.Outcome(), "a head is read as the grammar says");
        }

        ThrowUnless(run.Status != HttpHeadStatus.Incomplete || bytes.Length < limits.MaxHeadBytes, "nothing above the limit is waited for");
        ThrowUnless(
            run.Status != HttpHeadStatus.TooLarge || bytes.Length >= limits.MaxHeadBytes || bytes.Count((byte)'\n') > limits.MaxFields, "too large is above a limit");
    }

    public static IEnumerable<string> Describe(string startLine, IEnumerable<KeyValuePair<string, string>> fields) =>
        fields.Select(static field => $"{field.Key}={field.Value}").Prepend(startLine);

    [GeneratedRegex(
        @"\A(?<start>[^\x00-\x08\x0A-\x1F\x7F]+)\r\n((?<name>[!#$%&'*+\-.^_`|~0-9A-Za-z]+):(?<value>[^\x00-\x08\x0A-\x1F\x7F]*)\r\n)*\r\n",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Head();
}
