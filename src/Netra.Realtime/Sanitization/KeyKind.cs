namespace Netra.Realtime.Sanitization;

internal enum KeyKind
{
    Plain,

    /// <summary>The name stays, the value is replaced.</summary>
    Secret,

    /// <summary>Name and value are removed.</summary>
    Internal,
}
