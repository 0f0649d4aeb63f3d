using Netra.Realtime.Protocol;

namespace Netra.Realtime.Tests.Protocol;

public sealed class EventTypesTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("invoice_ready", true)]
    [InlineData("invoice.ready2", true)]
    [InlineData("agents", true)]
    [InlineData("tools.x", true)]
    [InlineData("inputs", true)]
    [InlineData("welcomed", true)]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("2x", false)]
    [InlineData("_x", false)]
    [InlineData(".x", false)]
    [InlineData("Invoice", false)]
    [InlineData("invoice-ready", false)]
    [InlineData("invoice ready", false)]
    [InlineData("rechnung_fällig", false)]
    [InlineData("x\n", false)]
    [InlineData("x\"", false)]
    [InlineData("agent_started", false)]
    [InlineData("agent_x", false)]
    [InlineData("tool_x", false)]
    [InlineData("input_requested", false)]
    [InlineData("welcome", false)]
    [InlineData("reset", false)]
    [InlineData("reply", false)]
    [InlineData("error", false)]
    [InlineData("pong", false)]
    [InlineData("cursor", false)]
    [InlineData("goaway", false)]
    [InlineData("auth_expiring", false)]
    public void IsCustom_Name_IsTheApplicationsOrNot(string? type, bool isCustom)
    {
        Assert.Equal(isCustom, EventTypes.IsCustom(type));
    }

    [Fact]
    public void IsCustom_64And65_IsTheBoundary()
    {
        Assert.True(EventTypes.IsCustom(new string('x', 64)));
        Assert.False(EventTypes.IsCustom(new string('x', 65)));
    }
}
