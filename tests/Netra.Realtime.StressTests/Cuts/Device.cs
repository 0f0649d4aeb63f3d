using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Cuts;

/// <summary>A client through all its lines: connects, reads, is cut, comes back.</summary>
/// <param name="world">Whose events it gets.</param>
/// <param name="account">What it remembers.</param>
/// <param name="connect">Opens a line; none when the handshake fails.</param>
internal sealed class Device(World world, Account account, Func<Account, Task<ILine?>> connect)
{
    private const int MaxAttempts = 30; // far more than any program breaks

    private ILine? _line;
    private int _unanswered; // lines that broke before a welcome: whether the server has seen them is not known
    private Task<ServerMessage?>? _next;

    public Account Account => account;

    public ILine? Line => _line;

    /// <summary>Has no line: it was cut last.</summary>
    public bool IsAway => _line is null;

    /// <summary>Follows while events are emitted, and is cut after so many of them, time and again: the rest of a third says how, the quotient when.</summary>
    public async Task FollowAsync(int[] cuts, Task<EventId> last)
    {
        foreach (int cut in cuts)
        {
            await ReadAsync(cut / 3, last);
            if (last.IsCompleted && account.HasReached(await last))
            {
                return;
            }
            if (cut % 3 == 0)
            {
                await ConnectAsync(); // in the place of the line that is there
                continue;
            }
            await CutAsync();
            if (cut % 3 == 1)
            {
                await Task.WhenAny(world.Journal.ReachedAsync(world.Journal.Count + cut), last).OrFail();
            }
        }
        await ReadAsync(int.MaxValue, last);
    }

    /// <summary>Reads so many messages, on as many lines as that takes, or up to the last event.</summary>
    public async Task ReadAsync(int count, Task<EventId> last)
    {
        for (int taken = 0; taken < count;)
        {
            bool isKnown = last.IsCompleted; // looked at once: between two looks it may become known
            if (isKnown && account.HasReached(await last))
            {
                return;
            }
            if (_line is null)
            {
                await ConnectAsync();
                continue;
            }
            _next ??= _line.NextAsync();
            await (isKnown ? (Task)_next : Task.WhenAny(_next, last)).OrFail();
            if (_next.IsCompleted)
            {
                taken++;
                await TakeAsync();
            }
        }
    }

    /// <summary>Connects while nothing else happens: the replay is exactly the model's.</summary>
    public async Task ConnectQuietlyAsync()
    {
        bool isResumed = await ConnectAsync(isQuiet: true);
        while (_line is not null && await NextAsync() is not CursorMessage)
        {
        }
        if (!isResumed)
        {
            account.CheckReplay(world.Journal);
            CutCounts.Add(ref world.Counts.ExactReplays);
        }
    }

    public Task LeaveAsync() => CutAsync();

    /// <summary>The next message, which is taken to be there.</summary>
    public Task<ServerMessage?> NextAsync()
    {
        _next ??= _line!.NextAsync(); // who asks is connected
        return TakeAsync();
    }

    private async Task<bool> ConnectAsync(bool isQuiet = false)
    {
        for (int attempt = 1; ; attempt++)
        {
            Assert.True(attempt <= MaxAttempts, "It never gets a line.");
            Window before = world.Peek();
            ILine? line = await connect(account).OrFail();
            if (line is null)
            {
                CutCounts.Add(ref world.Counts.FailedHandshakes);
                _unanswered++;
                continue;
            }
            await EndAsync(CloseReason.Superseded);
            if (await line.NextAsync().OrFail() is WelcomeMessage welcome)
            {
                Window after = world.Peek();
                account.Begin(welcome, isQuiet ? after : before, after);
                _line = line;
                return welcome.Resumed;
            }
            await line.CutAsync(); // the line ended before the welcome had come
            _unanswered++;
        }
    }

    private async Task CutAsync()
    {
        CutCounts.Add(ref world.Counts.Cuts);
        if (_line is not null)
        {
            await _line.CutAsync();
            await EndAsync(CloseReason.Abnormal);
        }
    }

    // What still comes was written and is not handled.
    private async Task EndAsync(CloseReason expected)
    {
        if (_line is null)
        {
            return;
        }
        while (await (_next ?? _line.NextAsync()).OrFail() is not null)
        {
            _next = null;
        }
        _next = null;
        NoteEnd(_line, expected);
        _line = null;
    }

    // Any line may have been sent away for falling behind just before. Then something was really lost.
    private void NoteEnd(ILine line, CloseReason expected)
    {
        if (line.CloseCode == CloseReason.SlowConsumer.Code)
        {
            Assert.True(account.Last is not { } last || last.Sequence < world.Peek().Tail - 1, $"Nothing was lost after {account.Last}.");
            CutCounts.Add(ref world.Counts.SlowConsumers);
        }
        else if (line.CloseCode is { } code)
        {
            if (code == CloseReason.Superseded.Code && expected != CloseReason.Superseded && _unanswered > 0)
            {
                _unanswered--; // the server came to it late, and took it for the newer one
                CutCounts.Add(ref world.Counts.Overtaken);
                return;
            }
            Assert.Equal(expected.Code, code);
            CutCounts.Add(ref world.Counts.Superseded, code == CloseReason.Superseded.Code ? 1 : 0);
        }
    }

    private async Task<ServerMessage?> TakeAsync()
    {
        ServerMessage? message = await _next!.OrFail(); // set by the caller
        _next = null;
        if (message is null)
        {
            NoteEnd(_line!, CloseReason.SlowConsumer); // there was a line to take from
            _line = null;
        }
        else
        {
            account.Handle(message);
        }
        return message;
    }
}
