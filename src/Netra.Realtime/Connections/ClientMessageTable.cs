using System.Collections.Frozen;

namespace Netra.Realtime.Connections;

/// <summary>Which handler a type of client message goes to. Filled by dependency injection, so the reader knows neither runs nor rooms.</summary>
internal sealed class ClientMessageTable
{
    private readonly FrozenDictionary<string, ClientMessageRegistration> _handlers;

    /// <summary>Of two registrations of one type the last counts, as with services.</summary>
    public ClientMessageTable(IEnumerable<ClientMessageRegistration> registrations)
    {
        Dictionary<string, ClientMessageRegistration> handlers = new(StringComparer.Ordinal);
        foreach (ClientMessageRegistration registration in registrations)
        {
            handlers[registration.Type] = registration;
        }

        _handlers = handlers.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public ClientMessageRegistration? Find(string type) => _handlers.GetValueOrDefault(type);
}
