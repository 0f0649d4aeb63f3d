using Netra.Realtime.Protocol;

namespace Netra.Realtime.StressTests.Cuts;

/// <summary>The client's end of one connection. One reader at a time.</summary>
internal interface ILine
{
    /// <summary>The next message; null when the line has ended.</summary>
    Task<ServerMessage?> NextAsync();

    /// <summary>With which code the server has closed it; null while it has not, and on a line that broke.</summary>
    int? CloseCode { get; }

    /// <summary>Breaks the line from the client's side, without a word.</summary>
    Task CutAsync();
}
