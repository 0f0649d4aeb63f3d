using System.Buffers;
using System.Text;
using System.Text.Json;
using CsCheck;
using Netra.Realtime.Sanitization;

namespace Netra.Realtime.Tests.Sanitization;

public sealed class PayloadSanitizerTests
{
    private const int MaxStringChars = 12;

    private static readonly Gen<string> Names = OneOf("name", "é", "", "token_count", "password", "api_key", "system_prompt", "_trace", "p\\u0061ssword", "a\\u0062", "x\\\"y");

    private static readonly Gen<string> Strings = OneOf("", "text", "line\\nline", "ünïcödé", "half \\ud83d\\ude00", "exactly12chr", "thirteen char", "\\\\u0041", "\U0001F600");

    private static readonly Gen<string> Scalars = Gen.OneOf(Strings.Select(text => $"\"{text}\""), OneOf("1", "-2.50e7", "true", "false", "null"));

    private static readonly Gen<string> Spaces = Gen.Frequency((6, Gen.Const("")), (1, OneOf(" ", "\n", "\t")));

    private readonly PayloadSanitizer _sanitizer = new();

    [Fact]
    public void IsClean_AnyJson_MeansThatACopySaysTheSame()
    {
        int clean = 0;
        Json(3).Sample(
            json =>
            {
                byte[] utf8 = Encoding.UTF8.GetBytes(json);
                if (_sanitizer.IsClean(utf8, MaxStringChars))
                {
                    clean++;
                    using JsonDocument before = JsonDocument.Parse(utf8);
                    using JsonDocument after = JsonDocument.Parse(Copy(utf8));
                    return JsonElement.DeepEquals(before.RootElement, after.RootElement) && _sanitizer.Cut.Count == 0 && !HasSpaces(json);
                }

                return true;
            },
            iter: 5_000,
            threads: 1);
        Assert.True(clean > 500, $"only {clean} of them were clean");
    }

    [Theory]
    [InlineData("""{"name":"text","list":[1,{"b":null}],"é":"\n\"\\"}""", true)]
    [InlineData("""{"exactly":"exactly12chr"}""", true)]
    [InlineData("""{"longer":"thirteen char"}""", false)]
    [InlineData("""{"deep":[{"password":1}]}""", false)]
    [InlineData("""{"has_password":true}""", false)]
    [InlineData("""{"_trace":1}""", false)]
    [InlineData("""{"n\u0061me":1}""", false)]
    [InlineData("""["\ud83d"]""", false)]
    [InlineData("[\n1]", false)]
    [InlineData("[ 1]", false)]
    [InlineData("[1 ]", false)]
    [InlineData("[1, 2]", false)]
    [InlineData("[1 ,2]", false)]
    [InlineData(" 1", false)]
    [InlineData("1 ", false)]
    [InlineData("""{ "a":1}""", false)]
    [InlineData("""{"a" :1}""", false)]
    [InlineData("""{"a": 1}""", false)]
    [InlineData("""{"a":1 }""", false)]
    [InlineData("""{"a":"b c , : d"}""", true)]
    public void IsClean_Json_IsSaidOnlyOfWhatNeedsNoSecondLook(string json, bool expected)
    {
        Assert.Equal(expected, _sanitizer.IsClean(Encoding.UTF8.GetBytes(json), MaxStringChars));
        Assert.Equal(expected, _sanitizer.IsClean(Encoding.UTF8.GetBytes(json), MaxStringChars)); // names that are known by now change nothing
    }

    [Theory]
    [InlineData(new byte[] { (byte)'"', 0xC3, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', 0xED, 0xA0, 0x80, (byte)'"' })]
    public void IsClean_StringThatIsNotUtf8_IsNotSaid(byte[] json)
    {
        Assert.False(_sanitizer.IsClean(json, MaxStringChars));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("[1,]")]
    [InlineData("{\"a\":NaN}")]
    public void IsClean_NoJson_Throws(string json)
    {
        Assert.ThrowsAny<JsonException>(() => _sanitizer.IsClean(Encoding.UTF8.GetBytes(json), MaxStringChars));
    }

    [Fact]
    public void IsPlain_MoreNamesThanItRemembers_AreJudgedAllTheSame()
    {
        PlainNames names = new();
        for (int pass = 0; pass < 2; pass++)
        {
            for (int i = 0; i < 1_000; i++)
            {
                Assert.True(names.IsPlain(Encoding.UTF8.GetBytes($"name{i}")));
                Assert.False(names.IsPlain(Encoding.UTF8.GetBytes($"password{i}")));
            }
        }

        Assert.True(names.IsPlain(Encoding.UTF8.GetBytes(new string('n', 512))));
        Assert.False(names.IsPlain(Encoding.UTF8.GetBytes(new string('n', 513)))); // left to whoever copies
        Assert.False(names.IsPlain("_"u8));
        Assert.True(names.IsPlain(""u8));
    }

    // No string of the generator has any of these, except the one with a space between its words.
    private static bool HasSpaces(string json) =>
        json.Replace("thirteen char", "", StringComparison.Ordinal).Replace("half ", "", StringComparison.Ordinal).Any(char.IsWhiteSpace);

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<string> Json(int depth)
    {
        if (depth == 0)
        {
            return Scalars;
        }

        Gen<string> value = Gen.OneOf(Scalars, Json(depth - 1));
        Gen<string> list = Gen.Select(value.Array[0, 3], Spaces, (items, space) => $"[{string.Join("," + space, items)}]");
        Gen<string> map = Gen.Select(Gen.Select(Names, value).Array[0, 3], Spaces, (items, space) => $"{{{string.Join(",", items.Select(item => $"\"{item.Item1}\":{space}{item.Item2}"))}}}");
        return Gen.OneOf(Scalars, list, map);
    }

    private byte[] Copy(byte[] json)
    {
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter writer = new(buffer);
        _sanitizer.Begin();
        _sanitizer.Copy(json, writer, "payload", MaxStringChars);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
