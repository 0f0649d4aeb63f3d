using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Connections;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Rooms;

/// <summary>The client messages <c>join</c> and <c>leave</c>. Both go through the connection's queue, so that they keep their order.</summary>
internal static class RoomMessages
{
    public static ClientMessageRegistration Join(RealtimeRooms rooms) => new("join")
    {
        Handler = async (message, context) =>
        {
            if (!TryReadRoom(message, context, out RoomId? room))
            {
                return;
            }

            IRoomPolicy policy = context.Services.GetRequiredService<IRoomPolicy>();
            if (!await policy.MayJoinAsync(context.User, room.Value, context.ConnectionClosed).ConfigureAwait(false))
            {
                context.Refuse(ErrorCodes.Forbidden, "The room is not open to you.");
            }
            else if (rooms.Join(context.User, room.Value) == RoomJoinOutcome.LimitExceeded)
            {
                context.Refuse(ErrorCodes.LimitExceeded, "You are in as many rooms as you may be.");
            }
        },
    };

    public static ClientMessageRegistration Leave(RealtimeRooms rooms) => new("leave")
    {
        Handler = (message, context) =>
        {
            if (TryReadRoom(message, context, out RoomId? room))
            {
                rooms.Leave(context.User, room.Value); // of a room that one is not in: the same answer
            }

            return Task.CompletedTask;
        },
    };

    private static bool TryReadRoom(ApplicationMessage message, ClientMessageContext context, [NotNullWhen(true)] out RoomId? room)
    {
        room = null;
        try
        {
            if (message.Body.TryGetProperty("room"u8, out JsonElement value) && value.ValueKind == JsonValueKind.String
                && RoomId.TryParse(value.GetString(), out RoomId read))
            {
                room = read;
                return true;
            }
        }
        catch (InvalidOperationException)
        {
            // What System.Text.Json says to an escaped lone surrogate: no name either.
        }

        context.Refuse(ErrorCodes.BadRequest, "A room is a string of 1 to 256 units without control characters.");
        return false;
    }
}
