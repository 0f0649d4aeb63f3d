namespace Netra.Realtime.Protocol;

/// <summary>One half of a <c>subscribe</c>: leave as it is, let all through, or only these.</summary>
/// <typeparam name="TId">The kind of id.</typeparam>
/// <param name="Changes">Whether the field was given.</param>
/// <param name="Ids">The ids to let through; null lets all through.</param>
public readonly record struct FilterChange<TId>(bool Changes, IReadOnlySet<TId>? Ids)
    where TId : struct;
