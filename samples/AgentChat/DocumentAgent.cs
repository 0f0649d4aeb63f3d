using System.Text.RegularExpressions;
using Netra.Realtime.Emitters;

namespace AgentChat;

/// <summary>A small agent that is real and local: it lists, searches and reads documents, and answers with sentences that stand in them.</summary>
public sealed partial class DocumentAgent(DocumentLibrary documents)
{
    // The pace of somebody who reads and writes: a model would take its own time here.
    private static readonly TimeSpan TokenPace = TimeSpan.FromMilliseconds(18);

    public async Task<object> AnswerAsync(RunEmitter run, string question, CancellationToken cancellationToken)
    {
        string[] words = [.. DocumentLibrary.Words(question).Distinct()];
        await StreamAsync(text => run.Think(text), words.Length == 0
            ? "There is no word in the question that I could look for. I will see what documents there are."
            : $"I have to find out about {string.Join(", ", words)}. First I look at which documents there are, then I search them.", cancellationToken);

        IReadOnlyList<string> files = await run.ToolAsync("list_files", new { }, _ => Task.FromResult(documents.ListFiles()), cancellationToken);
        IReadOnlyList<Passage> found = await run.ToolAsync(
            "search_text", new { query = question }, token => documents.SearchAsync(question, token), cancellationToken);
        if (found.Count == 0)
        {
            await StreamAsync(text => run.Respond(text), $"I read {files.Count} documents and found nothing about that.", cancellationToken);
            return new { sources = Array.Empty<string>() };
        }

        await StreamAsync(text => run.Think(text), $"{found[0].File} fits best. I read it to quote it in full.", cancellationToken);
        string[] sources = [.. found.Select(passage => passage.File).Distinct().Take(2)];
        foreach (string source in sources)
        {
            await run.ToolAsync("read_file", new { file = source }, token => documents.ReadFileAsync(source, token), cancellationToken);
        }

        await StreamAsync(text => run.Respond(text), Compose(found, words), cancellationToken);
        return new { sources = found.Select(passage => passage.File).Distinct() };
    }

    // The sentences of the best passages that have most of the words, in the order of the passages.
    private static string Compose(IReadOnlyList<Passage> found, string[] words)
    {
        List<string> paragraphs = [];
        foreach (Passage passage in found.Take(3))
        {
            string plain = Spaces().Replace(Marks().Replace(passage.Text, ""), " ").Trim();
            IEnumerable<string> sentences = Sentences().Split(plain)
                .Select((text, index) => (text, index, hits: DocumentLibrary.Words(text).Count(words.Contains)))
                .OrderByDescending(sentence => sentence.hits).ThenBy(sentence => sentence.index)
                .Take(3).OrderBy(sentence => sentence.index).Select(sentence => sentence.text);
            paragraphs.Add($"{string.Join(" ", sentences)} ({passage.File}, {passage.Heading})");
        }

        return string.Join("\n\n", paragraphs);
    }

    private static async Task StreamAsync(Action<string> emit, string text, CancellationToken cancellationToken)
    {
        foreach (Match token in Tokens().Matches(text))
        {
            emit(token.Value);
            await Task.Delay(TokenPace, cancellationToken);
        }
    }

    [GeneratedRegex(@"\s*\S{1,6}|\s+$")]
    private static partial Regex Tokens();

    [GeneratedRegex(@"(?<=[.!?:])\s+")]
    private static partial Regex Sentences();

    [GeneratedRegex(@"[`*#]|^\s*(?:[-|>]|\d+[.)])\s+|\s\|(?=\s)", RegexOptions.Multiline)]
    private static partial Regex Marks();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
