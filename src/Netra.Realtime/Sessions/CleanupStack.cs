namespace Netra.Realtime.Sessions;

/// <summary>What the application wants done when something ends: the last that was registered first. Safe for concurrent use.</summary>
internal sealed class CleanupStack
{
    /// <summary>Far more than anybody needs; who comes here registers again and again what he should dispose of.</summary>
    public const int Max = 1_000;

    private readonly Lock _gate = new();
    private List<Registration>? _registrations = []; // null once it has ended

    /// <summary>Registers a callback.</summary>
    /// <returns>Disposing of it takes it back; null when the end was there first, and nobody will call it.</returns>
    /// <exception cref="InvalidOperationException">There are <see cref="Max"/> already.</exception>
    public IDisposable? TryAdd(Func<ValueTask> callback)
    {
        lock (_gate)
        {
            if (_registrations is null)
            {
                return null;
            }

            if (_registrations.Count == Max)
            {
                throw new InvalidOperationException($"There are {Max} clean-up callbacks already: dispose of registrations that are not needed any more.");
            }

            Registration registration = new(this, callback);
            _registrations.Add(registration);
            return registration;
        }
    }

    /// <summary>The end: nothing can be registered any more.</summary>
    /// <returns>What is to be called, in this order; empty from the second time on.</returns>
    public IReadOnlyList<Func<ValueTask>> End()
    {
        lock (_gate)
        {
            List<Registration> registrations = _registrations ?? [];
            _registrations = null;
            registrations.Reverse();
            return [.. registrations.Select(registration => registration.Callback)];
        }
    }

    private void Remove(Registration registration)
    {
        lock (_gate)
        {
            _registrations?.Remove(registration);
        }
    }

    private sealed class Registration(CleanupStack stack, Func<ValueTask> callback) : IDisposable
    {
        public Func<ValueTask> Callback => callback;

        public void Dispose() => stack.Remove(this);
    }
}
