using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Netra.Realtime.Connections;
using Netra.Realtime.Hosting;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.DependencyInjection;

/// <summary>Configures the library further; what <c>AddNetraRealtime</c> returns.</summary>
public sealed class RealtimeBuilder
{
    internal RealtimeBuilder(IServiceCollection services) => Services = services;

    /// <summary>The services that are being configured.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Says who a user is. Called once for each connect, after authentication.</summary>
    /// <param name="identify">The user of a principal; null, or an <see cref="ArgumentException"/> from making the id, refuses with 403.</param>
    /// <returns>This builder.</returns>
    public RealtimeBuilder IdentifyBy(Func<ClaimsPrincipal, UserId?> identify)
    {
        ArgumentNullException.ThrowIfNull(identify);
        Services.Configure<RealtimeOptions>(options => options.IdentifyUser = identify);
        return this;
    }

    /// <summary>Handles a type of client message; its fields stand at the top level of the message, beside <c>type</c> and <c>ref</c>.</summary>
    /// <typeparam name="T">What the message is read into, by the options' serializer.</typeparam>
    /// <param name="type"><c>[a-z][a-z0-9_.]{0,63}</c>, not reserved by the protocol.</param>
    /// <param name="handler">Runs in a scope of its own, off the read loop, one message of a connection after the other. What it throws
    /// is logged and answered with <c>internal</c>.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The type may not be handled.</exception>
    public RealtimeBuilder MapMessage<T>(string type, Func<T, ClientMessageContext, Task> handler) =>
        Map(type, handler, services => (JsonTypeInfo<T>)services.GetRequiredService<IOptions<RealtimeOptions>>().Value.SerializerOptions.GetTypeInfo(typeof(T)));

    /// <summary>Handles a type of client message that is read by a type info: safe under trimming and AOT.</summary>
    /// <typeparam name="T">What the message is read into.</typeparam>
    /// <param name="type"><c>[a-z][a-z0-9_.]{0,63}</c>, not reserved by the protocol.</param>
    /// <param name="typeInfo">How the message is read.</param>
    /// <param name="handler">As of the other overload.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The type may not be handled.</exception>
    public RealtimeBuilder MapMessage<T>(string type, JsonTypeInfo<T> typeInfo, Func<T, ClientMessageContext, Task> handler)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        return Map(type, handler, _ => typeInfo);
    }

    /// <summary>Called when somebody has connected. Several are called one after the other.</summary>
    /// <param name="hook">Gets the connection and the services of a scope of its own. It runs on the pool, and neither the connection nor its
    /// events wait for it; what it throws is logged, and nothing else happens.</param>
    /// <returns>This builder.</returns>
    public RealtimeBuilder OnConnected(Func<ConnectionInfo, IServiceProvider, Task> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        Services.AddSingleton(new ConnectedHook(hook));
        return this;
    }

    /// <summary>Called when a connection has ended: its socket is gone and its place is free. Once, and after <see cref="OnConnected"/> of the same connection has ended.</summary>
    /// <param name="hook">Gets the connection, why it ended, and the services of a scope of its own; as of <see cref="OnConnected"/>. When the host stops it waits
    /// for these as long as for the connections.</param>
    /// <returns>This builder.</returns>
    public RealtimeBuilder OnDisconnected(Func<ConnectionInfo, CloseReason, IServiceProvider, Task> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        Services.AddSingleton(new DisconnectedHook(hook));
        return this;
    }

    /// <summary>Called when a user has been without connections to this host for <c>Heartbeat.OfflineAfter</c>: once for each time that it goes.</summary>
    /// <param name="hook">Gets the user and the services of a scope of its own; as of <see cref="OnConnected"/>. Not called for those who are there, or have
    /// just left, when the host stops.</param>
    /// <returns>This builder.</returns>
    public RealtimeBuilder OnUserWentOffline(Func<UserId, IServiceProvider, Task> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        Services.AddSingleton(new WentOfflineHook(hook));
        return this;
    }

    /// <summary>Gets the events that had to be delivered and left their log without having reached any connection, each once.</summary>
    /// <typeparam name="THandler">The handler; made in a scope for each call.</typeparam>
    /// <returns>This builder.</returns>
    public RealtimeBuilder UseUndeliveredEventHandler<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>()
        where THandler : class, IUndeliveredEventHandler
    {
        Services.Replace(ServiceDescriptor.Scoped<IUndeliveredEventHandler, THandler>());
        return this;
    }

    /// <summary>Says which rooms clients may join by themselves. Without it every <c>join</c> is refused; the application itself may always join users.</summary>
    /// <typeparam name="TPolicy">The policy; made in the scope of each message.</typeparam>
    /// <returns>This builder.</returns>
    public RealtimeBuilder UseRoomPolicy<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TPolicy>()
        where TPolicy : class, IRoomPolicy
    {
        Services.Replace(ServiceDescriptor.Scoped<IRoomPolicy, TPolicy>());
        return this;
    }

    /// <summary>Listens on a port of its own, for hosts without ASP.NET Core. It starts and stops with the host.</summary>
    /// <param name="configure">Where, and who may connect; <see cref="StreamOptions.Authenticate"/> is required.</param>
    /// <returns>This builder. Call it again for another port.</returns>
    public RealtimeBuilder AddListener(Action<RealtimeListenerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Services.AddSingleton(services =>
        {
            RealtimeListenerOptions options = new();
            configure(options);
            return new RealtimeListener(services.GetRequiredService<RealtimeConnections>(), options);
        });
        Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ListenersService>());
        return this;
    }

    private RealtimeBuilder Map<T>(string type, Func<T, ClientMessageContext, Task> handler, Func<IServiceProvider, JsonTypeInfo<T>> typeInfo)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (!EventTypes.IsCustom(type) || type is "ack" or "ping" or "subscribe" or "cancel" or "join" or "leave" or "refresh" or "input")
        {
            throw new ArgumentException($"'{type}' is not a type of client message of your own.", nameof(type));
        }

        Services.AddSingleton(services =>
        {
            JsonTypeInfo<T> read = typeInfo(services);
            return new ClientMessageRegistration(type) { Handler = (message, context) => HandleAsync(message, context, read, handler) };
        });
        return this;
    }

    private static Task HandleAsync<T>(
        ApplicationMessage message, ClientMessageContext context, JsonTypeInfo<T> typeInfo, Func<T, ClientMessageContext, Task> handler)
    {
        T? value;
        try
        {
            value = message.Body.Deserialize(typeInfo);
        }
        catch (JsonException)
        {
            context.Refuse(ErrorCodes.BadRequest, "The fields of the message are not what its type wants.");
            return Task.CompletedTask;
        }

        return handler(value!, context); // an object never deserializes to null
    }
}
