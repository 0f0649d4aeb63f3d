namespace Netra.Realtime.Testing;

/// <summary>An assertion of <see cref="EventAssert"/> failed; the message says what is wrong, and at which id.</summary>
/// <param name="message">What is wrong.</param>
public sealed class RealtimeAssertionException(string message) : Exception(message);
