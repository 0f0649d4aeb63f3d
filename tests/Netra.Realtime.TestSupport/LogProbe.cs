using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Netra.Realtime.TestSupport;

/// <summary>The logs of a host: remembers which ids were logged, and throws for those that a test names, as a broken provider does.</summary>
internal sealed class LogProbe(params int[] throwsFor) : ILoggerFactory, ILogger
{
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _logged = new();

    /// <summary>Completes when the id was logged; with an id that throws, just before that.</summary>
    public Task LoggedAsync(int id) => Entry(id).Task;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Entry(eventId.Id).TrySetResult();
        if (throwsFor.Contains(eventId.Id))
        {
            throw new InvalidOperationException("The logger throws.");
        }
    }

    public void Dispose()
    {
    }

    private TaskCompletionSource Entry(int id) => _logged.GetOrAdd(id, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
