namespace Netra.Realtime.Sessions;

/// <summary>What the host does without because it is hard pressed. Each stage includes those before it.</summary>
public enum PressureStage
{
    /// <summary>Nothing.</summary>
    Normal,

    /// <summary>Handshakes are answered with 503. Whoever is connected goes on.</summary>
    RefusingNewConnections,

    /// <summary>Events of the classes <see cref="DeliveryClass.Latest"/> and <see cref="DeliveryClass.Volatile"/> are refused too. All others, and text, never are.</summary>
    Shedding,
}
