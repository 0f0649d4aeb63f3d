using Netra.Realtime.Protocol;

namespace Netra.Realtime.Connections;

/// <summary>What all connections of a host share.</summary>
internal sealed record ConnectionSettings(LimitOptions Limits, DeliveryOptions Delivery, HeartbeatSettings Heartbeat);
