using System.Text.Json;
using CsCheck;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Tests.Protocol;

public sealed class IdTests
{
    public static TheoryData<string?> BadTexts => new()
    {
        null, "", new string('a', 257), "a\nb", "a\0", "\u007f", "a\u0085",
    };

    // Not theory data: a test runner that passes texts on as UTF-8 would mend them.
    private static readonly string[] LoneSurrogates = ["\ud800", "a\ud800b", "\udc00\ud800", "a\udc00", "\ud800\ud800\udc00"];

    public static TheoryData<string> GoodTexts => new()
    {
        "a", new string('a', 256), " ", "trailing ", "\U0001F600", "é", "e\u0301", "a/b", "-", string.Concat(Enumerable.Repeat("\U0001F600", 128)),
    };

    [Theory]
    [MemberData(nameof(BadTexts))]
    public void Ids_TextThatCannotBeOne_AreRefused(string? text)
    {
        Assert.False(ThreadId.TryParse(text, out _));
        Assert.False(RunId.TryParse(text, out _));
        Assert.False(CallId.TryParse(text, out _));
        Assert.False(RoomId.TryParse(text, out _));
        Assert.False(ConnectionId.TryParse(text, out _));
        Assert.False(UserId.TryParse(text, null, out _));
        Assert.ThrowsAny<ArgumentException>(() => new ThreadId(text!));
        Assert.ThrowsAny<ArgumentException>(() => new RunId(text!));
        Assert.ThrowsAny<ArgumentException>(() => new CallId(text!));
        Assert.ThrowsAny<ArgumentException>(() => new RoomId(text!));
        Assert.ThrowsAny<ArgumentException>(() => UserId.Create(text));
        Assert.Throws<FormatException>(() => RunId.Parse(text!, null));
    }

    [Theory]
    [MemberData(nameof(GoodTexts))]
    public void Ids_TextWithinTheRules_IsKeptAsItIs(string text)
    {
        Assert.Equal(text, new ThreadId(text).Value);
        Assert.Equal(text, new RunId(text).Value);
        Assert.Equal(text, CallId.Parse(text, null).ToString());
        Assert.Equal(text, new RoomId(text).Value);
        Assert.Equal(text, UserId.Create(text, text).Value);
        Assert.Equal(new RunId(text), JsonSerializer.Deserialize<RunId>(JsonSerializer.Serialize(new RunId(text))));
    }

    [Fact]
    public void Ids_LoneSurrogates_AreRefused()
    {
        Assert.All(LoneSurrogates, Ids_TextThatCannotBeOne_AreRefused);
    }

    [Fact]
    public void UserId_BadTenant_IsRefused()
    {
        Assert.ThrowsAny<ArgumentException>(() => UserId.Create("alice", ""));
        Assert.ThrowsAny<ArgumentException>(() => UserId.Create("alice", new string('t', 257)));
        Assert.ThrowsAny<ArgumentException>(() => UserId.Create("alice", "t\n"));
    }

    [Theory]
    [InlineData("alice", null, "Alice", null)]
    [InlineData("alice", null, "alice ", null)]
    [InlineData("alice", "a", "alice", "b")]
    [InlineData("alice", "a", "alice", null)]
    [InlineData("é", null, "e\u0301", null)]
    [InlineData("b/c", "a", "c", "a/b")]
    public void UserIds_ThatDifferInAnything_AreTwoUsers(string value, string? tenant, string otherValue, string? otherTenant)
    {
        Assert.NotEqual(UserId.Create(value, tenant), UserId.Create(otherValue, otherTenant));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("tab-1_B", true)]
    [InlineData("", false)]
    [InlineData("tab 1", false)]
    [InlineData("tab.1", false)]
    [InlineData("täb", false)]
    [InlineData(null, false)]
    public void ClientId_OnlyTheAllowedCharacters_AreOne(string? text, bool valid)
    {
        Assert.Equal(valid, ClientId.TryParse(text, out ClientId id));
        Assert.Equal(valid ? text : "", id.Value);
    }

    [Fact]
    public void ClientId_64And65_IsTheBoundary()
    {
        Assert.True(ClientId.TryParse(new string('c', 64), out _));
        Assert.False(ClientId.TryParse(new string('c', 65), out _));
        Assert.ThrowsAny<ArgumentException>(() => new ClientId(new string('c', 65)));
    }

    [Fact]
    public void MintedIds_AThousand_AreAllDifferent()
    {
        Assert.Equal(1_000, Enumerable.Range(0, 1_000).Select(_ => RunId.New()).Distinct().Count());
        Assert.Equal(1_000, Enumerable.Range(0, 1_000).Select(_ => ConnectionId.New()).Distinct().Count());
        Assert.Equal(1_000, Enumerable.Range(0, 1_000).Select(_ => CallId.New()).Distinct().Count());
    }

    [Fact]
    public void EventId_AnyEpochAndSequence_RoundTripsThroughTextAndBytes()
    {
        Gen.Select(Gen.String[Gen.Char["0123456789abcdefghijklmnopqrstuvwxyz"], 1, 10], Gen.Long[0, long.MaxValue]).Sample((epoch, sequence) =>
        {
            string text = $"{epoch}-{sequence}";
            EventId id = EventId.Parse(text, null);
            byte[] bytes = new byte[EventId.MaxBytes];
            int length = id.Format(bytes);

            return id.ToString() == text
                && System.Text.Encoding.ASCII.GetString(bytes, 0, length) == text
                && id.Epoch == epoch && id.Sequence == sequence && !id.IsEmpty
                && id.SameEpoch(id.At(7)) && id.At(7).ToString() == epoch + "-7";
        });
    }

    [Fact]
    public void EventId_TwoEpochs_AreEqualOnlyWhenTheirTextIs()
    {
        Gen<string> epochs = Gen.String[Gen.Char["01az"], 1, 4];
        Gen.Select(epochs, epochs).Sample((a, b) =>
            EventId.Parse(a + "-1", null).SameEpoch(EventId.Parse(b + "-1", null)) == (a == b)
            && (EventId.Parse(a + "-1", null) == EventId.Parse(b + "-1", null)) == (a == b));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("k3v9x2")]
    [InlineData("k3v9x2-")]
    [InlineData("-41")]
    [InlineData("k3v9x2-041")]
    [InlineData("k3v9x2-00")]
    [InlineData("k3v9x2-+41")]
    [InlineData("k3v9x2--41")]
    [InlineData("k3v9x2- 41")]
    [InlineData("k3v9x2-41 ")]
    [InlineData("k3v9x2-41x")]
    [InlineData("k3v9x2-4.1")]
    [InlineData("k3v9x2-4e1")]
    [InlineData("k3v9x2-0x1")]
    [InlineData("K3V9X2-41")]
    [InlineData("k3_9x2-41")]
    [InlineData("k3-9x2-41")]
    [InlineData("k3v9x2-٤١")]
    [InlineData("kévé-41")]
    [InlineData("k3v9x2-9223372036854775808")]
    [InlineData("k3v9x2-18446744073709551615")]
    [InlineData("k3v9x2-99999999999999999999999999")]
    [InlineData("abcdefghijk-41")]
    public void EventId_MalformedText_IsRefused(string? text)
    {
        Assert.False(EventId.TryParse(text, out EventId id));
        Assert.True(id.IsEmpty);
        Assert.Throws<FormatException>(() => EventId.Parse(text!, null));
    }

    [Theory]
    [InlineData("a-0")]
    [InlineData("0-1")]
    [InlineData("abcdefghij-9223372036854775807")]
    public void EventId_TextAtTheBoundary_IsRead(string text)
    {
        Assert.Equal(text, EventId.Parse(text, null).ToString());
        Assert.True(text.Length <= EventId.MaxBytes);
    }

    [Fact]
    public void EventId_NewEpochs_AreDifferentAndAtZero()
    {
        EventId[] epochs = [.. Enumerable.Range(0, 1_000).Select(_ => EventId.NewEpoch())];

        Assert.All(epochs, epoch => Assert.Equal(0, epoch.Sequence));
        Assert.Equal(1_000, epochs.Distinct().Count());
    }
}
