using System.Reflection;
using System.Text;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Tests.Protocol;

public sealed class CloseReasonTests
{
    // The table of the protocol: code, reason, what a client does by itself.
    public static TheoryData<int, string, ClientAction> Table => new()
    {
        { 1000, "normal", ClientAction.StayAway },
        { 1001, "going away", ClientAction.Reconnect },
        { 1002, "protocol error", ClientAction.ReconnectAtMostThreeTimes },
        { 1003, "binary not accepted", ClientAction.ReconnectAtMostThreeTimes },
        { 1006, "", ClientAction.AskByGet },
        { 1007, "invalid UTF-8", ClientAction.ReconnectAtMostThreeTimes },
        { 1008, "policy", ClientAction.StayAway },
        { 1009, "message too big", ClientAction.ReconnectAtMostThreeTimes },
        { 1011, "internal error", ClientAction.Reconnect },
        { 1012, "service restart", ClientAction.ReconnectAfterGoAway },
        { 1013, "user connection limit", ClientAction.ReconnectAfter30Seconds },
        { 1013, "tenant connection limit", ClientAction.ReconnectAfter30Seconds },
        { 1013, "total connection limit", ClientAction.ReconnectAfter30Seconds },
        { 4400, "disconnected", ClientAction.Reconnect },
        { 4401, "credentials expired", ClientAction.ReconnectWithFreshCredentials },
        { 4407, "heartbeat timeout", ClientAction.Reconnect },
        { 4408, "slow consumer", ClientAction.Reconnect },
        { 4429, "rate limit", ClientAction.ReconnectAfter5Seconds },
        { 4500, "revoked", ClientAction.StayAway },
        { 4509, "superseded", ClientAction.StayAway },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void CloseReason_EachLineOfTheTable_Exists(int code, string reason, ClientAction action)
    {
        Assert.Contains(new CloseReason(code, reason, action), CloseReason.All);
        Assert.Equal(action, CloseReason.ActionFor(code));
    }

    [Fact]
    public void CloseReasons_All_AreTheTableAndNothingElse()
    {
        CloseReason?[] fields = [.. typeof(CloseReason).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (CloseReason?)field.GetValue(null))];

        Assert.Equal(Table.Count, CloseReason.All.Count);
        Assert.Equal(CloseReason.All.ToHashSet(), fields.ToHashSet()!);
        Assert.All(CloseReason.All, reason => Assert.InRange(Encoding.UTF8.GetByteCount(reason.Reason), 0, 123));
    }

    [Theory]
    [InlineData(4000, ClientAction.Reconnect)]
    [InlineData(4499, ClientAction.Reconnect)]
    [InlineData(4500, ClientAction.StayAway)]
    [InlineData(4999, ClientAction.StayAway)]
    public void ActionFor_CodeOfALaterVersion_FollowsItsRange(int code, ClientAction action)
    {
        Assert.Equal(action, CloseReason.ActionFor(code));
    }
}
