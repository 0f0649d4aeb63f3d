using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Netra.Realtime.Connections;
using Netra.Realtime.Health;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.DependencyInjection;

/// <summary>All settings of the library. Read once, when the host starts; a bad value stops the start and is named.</summary>
public sealed class RealtimeOptions
{
    /// <summary>How many and how much.</summary>
    public LimitOptions Limits { get; set; } = new();

    /// <summary>What each user's log keeps.</summary>
    public RetentionOptions Retention { get; set; } = new();

    /// <summary>How long the library waits for a peer.</summary>
    public DeliveryOptions Delivery { get; set; } = new();

    /// <summary>How it finds out that a peer is gone.</summary>
    public HeartbeatOptions Heartbeat { get; set; } = new();

    /// <summary>When the host does with less.</summary>
    public DegradationOptions Degradation { get; set; } = new();

    /// <summary>
    /// How payloads of events and client messages are serialized, unless a type info is given with them: snake_case by default, by
    /// reflection where that is enabled. For AOT, add a source-generated context to its <see cref="JsonSerializerOptions.TypeInfoResolverChain"/>.
    /// </summary>
    public JsonSerializerOptions SerializerOptions { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        AllowDuplicateProperties = false,
        TypeInfoResolver = DefaultResolver(),
    };

    /// <summary>
    /// Who the user is, from the authenticated principal; null refuses with 403. By default the one value of the claims
    /// <c>sub</c> and <see cref="ClaimTypes.NameIdentifier"/>: none, or two different ones, is nobody.
    /// </summary>
    public Func<ClaimsPrincipal, UserId?> IdentifyUser { get; set; } = IdentifyBySubject;

    private static UserId? IdentifyBySubject(ClaimsPrincipal principal)
    {
        string? subject = null;
        foreach (Claim claim in principal.Claims)
        {
            if (claim.Type is "sub" or ClaimTypes.NameIdentifier)
            {
                if (subject is not null && subject != claim.Value)
                {
                    return null;
                }

                subject = claim.Value;
            }
        }

        return UserId.TryParse(subject, null, out UserId user) ? user : null;
    }

    [UnconditionalSuppressMessage("AOT", "IL2026", Justification = "Only where reflection is enabled, which trimming and AOT turn off.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Only where reflection is enabled, which trimming and AOT turn off.")]
    private static IJsonTypeInfoResolver DefaultResolver() =>
        JsonSerializer.IsReflectionEnabledByDefault ? new DefaultJsonTypeInfoResolver() : JsonTypeInfoResolver.Combine();
}
