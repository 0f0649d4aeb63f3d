using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Netra.Realtime.StressTests.Soak;

/// <summary>Keeps what an operator would have to act on: a soak has none of it.</summary>
internal sealed class LoudLog : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => new Logger(_lines);

    public void Dispose()
    {
        // It holds nothing.
    }

    private sealed class Logger(ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                lines.Enqueue($"{eventId.Name}: {formatter(state, exception)} {exception}");
            }
        }
    }
}
