using System.Text;

namespace TerminalClient;

/// <summary>Text that stays, and below it, on a terminal, lines that are drawn again and again. Any thread.</summary>
internal sealed class Screen(bool isLive)
{
    // _gate guards all: the connection speaks from its own loop.
    private readonly Lock _gate = new();
    private string[] _tools = [];
    private string? _connection;
    private int _drawn; // lines below the text
    private int _column; // where the text ends

    /// <summary>Writes text that stays.</summary>
    public void Write(string text, bool startsLine, bool isDim)
    {
        // What agents and tools say must not steer the terminal.
        string shown = string.Concat(text.ReplaceLineEndings("\n").Where(c => c is '\n' || !char.IsControl(c)));
        lock (_gate)
        {
            StringBuilder output = new();
            EraseLocked(output);
            if (startsLine && _column > 0)
            {
                output.Append('\n');
                _column = 0;
            }

            output.Append(isLive && isDim ? $"\e[2m{shown}\e[22m" : shown);
            int newLine = shown.LastIndexOf('\n');
            _column = newLine < 0 ? _column + shown.Length : shown.Length - newLine - 1;
            DrawLocked(output);
            Console.Out.Write(output);
        }
    }

    /// <summary>One line for each tool call that is open.</summary>
    public void ShowTools(IEnumerable<string> lines)
    {
        lock (_gate)
        {
            _tools = [.. lines];
            RedrawLocked();
        }
    }

    /// <summary>What to say of the connection; null for nothing.</summary>
    public void ShowConnection(string? words)
    {
        lock (_gate)
        {
            _connection = words;
            RedrawLocked();
            if (!isLive && words is not null)
            {
                Console.Error.WriteLine(words);
            }
        }
    }

    /// <summary>Leaves only what stays, and the cursor on a line of its own.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            (_tools, _connection) = ([], null);
            RedrawLocked();
            if (_column > 0)
            {
                Console.Out.WriteLine();
                _column = 0;
            }
        }
    }

    private void RedrawLocked()
    {
        StringBuilder output = new();
        EraseLocked(output);
        DrawLocked(output);
        Console.Out.Write(output);
    }

    // Back to where the text ends, and everything after it goes.
    private void EraseLocked(StringBuilder output)
    {
        if (_drawn > 0)
        {
            output.Append($"\e[{_drawn}A\e[{(_column % Width()) + 1}G\e[J");
            _drawn = 0;
        }
    }

    private void DrawLocked(StringBuilder output)
    {
        if (!isLive)
        {
            return;
        }

        foreach (string line in _connection is null ? _tools : [.. _tools, _connection])
        {
            string plain = string.Concat(line.Where(c => !char.IsControl(c)));
            output.Append("\n\e[2m").Append(plain.AsSpan(0, Math.Min(plain.Length, Width() - 1))).Append("\e[22m");
            _drawn++;
        }
    }

    private static int Width() => Console.WindowWidth is var width and > 1 ? width : 80; // some terminals do not say
}
