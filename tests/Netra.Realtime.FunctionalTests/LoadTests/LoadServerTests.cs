using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.LoadTests;
using Netra.Realtime.LoadTests.Driving;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.LoadTests;

/// <summary>The contract that other generators rely on: plain HTTP and WebSockets, without our driver.</summary>
public sealed class LoadServerTests
{
    public static TheoryData<string> Targets => [.. Netra.Realtime.LoadTests.Targets.Target.Names];

    [Fact]
    public void Build_Production_IsRefused() => Assert.Null(LoadServer.Build("netra", 0, "Production", new ServerSettings()));

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Start_TwoUsers_EachGetsHisOwnNumberedFromZero(string target)
    {
        await using StartedServer server = await StartedServer.StartAsync(target);
        using ClientWebSocket first = await ConnectAsync(server, target, "u0");
        using ClientWebSocket second = await ConnectAsync(server, target, "u1");

        JsonElement outcome = await server.GetJsonAsync("/start?w=tput&users=2&msgs=3&size=300");

        Assert.Equal(6, outcome.GetProperty("events").GetInt32());
        Assert.All(["seconds", "alloc_per_event", "heap"], name => Assert.True(outcome.GetProperty(name).GetDouble() > 0, name));
        Assert.All(["gen0", "gen2"], name => Assert.True(outcome.GetProperty(name).GetDouble() >= 0, name));
        Assert.Equal(["u0 0", "u0 1", "u0 2"], await StampsAsync(first, 3, isText: false));
        Assert.Equal(["u1 0", "u1 1", "u1 2"], await StampsAsync(second, 3, isText: false));
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Start_Burst_EveryStampIsInTheTextAndALaterConnectionSeesNoneOfIt(string target)
    {
        await using StartedServer server = await StartedServer.StartAsync(target);
        using (ClientWebSocket socket = await ConnectAsync(server, target, "u0"))
        {
            JsonElement outcome = await server.GetJsonAsync("/start?w=burst&users=1&bursts=2&burst=5&size=80");

            Assert.Equal(10, outcome.GetProperty("events").GetInt32());
            Assert.Equal(Enumerable.Range(0, 10).Select(n => $"u0 {n}"), await StampsAsync(socket, 10, isText: true));
        }

        using ClientWebSocket later = await ConnectAsync(server, target, "u0");
        await server.GetJsonAsync("/start?w=tput&users=1&msgs=1");
        Assert.DoesNotContain("to=u0", await ReadUntilAsync(later, "\"sent_ns\""), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Start_Broadcast_ReachesWhoeverIsConnected(string target)
    {
        await using StartedServer server = await StartedServer.StartAsync(target);
        using ClientWebSocket first = await ConnectAsync(server, target, "u0");
        using ClientWebSocket second = await ConnectAsync(server, target, "someone else");

        JsonElement outcome = await server.GetJsonAsync("/start?w=bcast&rounds=2&size=300");

        Assert.Equal(4, outcome.GetProperty("events").GetInt32());
        Assert.Equal(["* 0", "* 1"], await StampsAsync(first, 2, isText: false));
        Assert.Equal(["* 0", "* 1"], await StampsAsync(second, 2, isText: false));
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task StatsAndGc_AConnection_IsCountedAndTheHeapIsSaid(string target)
    {
        await using StartedServer server = await StartedServer.StartAsync(target);
        using ClientWebSocket socket = await ConnectAsync(server, target, "u0");

        Assert.Equal(1, (await server.GetJsonAsync("/stats")).GetProperty("connections").GetInt32());
        Assert.True((await server.GetJsonAsync("/gc")).GetProperty("heap").GetInt64() > 0);
    }

    [Theory]
    [InlineData("w=nothing")]
    [InlineData("")]
    [InlineData("w=tput&users=-1")]
    [InlineData("w=paced&rate=many")]
    public async Task Start_WhatIsNoWorkload_Is400(string query)
    {
        await using StartedServer server = await StartedServer.StartAsync("kestrel-websocket");

        using HttpResponseMessage response = await server.Http.GetAsync(new Uri($"/start?{query}", UriKind.Relative), CancellationToken.None).OrFail();

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("w=tput", "w=tput&users=1000&msgs=300&size=300&batch=1")]
    [InlineData("w=tput&batch=16", "w=tput&users=1000&msgs=300&size=300&batch=16")]
    [InlineData("w=burst", "w=burst&users=200&bursts=100&burst=50&size=80&scope=1")]
    [InlineData("w=bcast", "w=bcast&rounds=50&size=300")]
    [InlineData("w=paced", "w=paced&users=2000&rate=20000&secs=10&size=300")]
    [InlineData("w=paced&users=10&rate=20&secs=3&size=400&awaited=5", "w=paced&users=10&rate=20&secs=3&size=400&awaited=5")]
    public void WorkloadSpec_Absent_HasTheDefaultOfTheContract(string query, string meant)
    {
        WorkloadSpec spec = WorkloadSpec.From(new QueryCollection(Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(query)));

        Assert.Equal(meant, spec.ToQuery());
        Assert.Equal(query.Contains("batch=16", StringComparison.Ordinal) || query == "w=burst", spec.InScope);
    }

    private static async Task<ClientWebSocket> ConnectAsync(StartedServer server, string target, string user)
    {
        bool isHub = target.StartsWith("signalr", StringComparison.Ordinal);
        ClientWebSocket socket = await server.ConnectAsync($"{(isHub ? "/hub" : "/ws")}?user={Uri.EscapeDataString(user)}");
        if (isHub)
        {
            await socket.SendAsync("{\"protocol\":\"json\",\"version\":1}\u001e"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None).OrFail();
        }

        await ReadUntilAsync(socket, "\"welcome\"");
        return socket;
    }

    private static async Task<List<string>> StampsAsync(ClientWebSocket socket, int count, bool isText)
    {
        List<string> stamps = [];
        while (stamps.Count < count)
        {
            AddStamps(Encoding.UTF8.GetBytes(await ReadAsync(socket)), isText, stamps);
        }

        return stamps;
    }

    private static void AddStamps(byte[] message, bool isText, List<string> stamps)
    {
        StampReader reader = new(message, isText);
        while (reader.TryRead())
        {
            stamps.Add($"{Encoding.UTF8.GetString(reader.To)} {reader.N}");
        }
    }

    private static async Task<string> ReadUntilAsync(ClientWebSocket socket, string part)
    {
        StringBuilder all = new();
        string message;
        do
        {
            message = await ReadAsync(socket);
            all.Append(message);
        }
        while (!message.Contains(part, StringComparison.Ordinal));

        return all.ToString();
    }

    private static async Task<string> ReadAsync(ClientWebSocket socket)
    {
        byte[] buffer = new byte[64 * 1024];
        int length = 0;
        ValueWebSocketReceiveResult read;
        do
        {
            read = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None).OrFail();
            length += read.Count;
        }
        while (!read.EndOfMessage);

        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
