namespace Netra.Realtime.Protocol;

/// <summary>A message beside the log: it has no id, is never stored, and may overtake events.</summary>
public abstract record ControlMessage : ServerMessage;
