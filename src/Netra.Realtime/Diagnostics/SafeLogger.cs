using Microsoft.Extensions.Logging;

namespace Netra.Realtime.Diagnostics;

/// <summary>A logger that never throws: a provider that is broken costs its lines, and nothing of what was going on.</summary>
/// <remarks>For whoever logs where an exception would end the process, or leave others out: on timers, on the pool, in a loop over many.</remarks>
internal sealed class SafeLogger : ILogger
{
    private readonly ILogger _logger;

    private SafeLogger(ILogger logger) => _logger = logger;

    public static SafeLogger Of(ILogger logger) => logger as SafeLogger ?? new SafeLogger(logger);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null; // nothing here begins one

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return _logger.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            // There is nowhere left to say so.
            return false;
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            _logger.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // As above.
        }
    }
}
