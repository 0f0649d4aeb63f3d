namespace Netra.Realtime.LoadTests.Targets;

/// <summary>What lets clients in, and frames.</summary>
internal enum NetraHost
{
    /// <summary>ASP.NET Core, own framing.</summary>
    Endpoint,

    /// <summary>ASP.NET Core, the framework's WebSocket.</summary>
    EndpointOverSystemNet,

    /// <summary>The library's own listener.</summary>
    Listener,
}
