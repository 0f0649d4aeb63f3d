using System.Text;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sanitization;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Sanitization;

public sealed class SanitizationTests
{
    [Theory]
    [InlineData("password")]
    [InlineData("Password")]
    [InlineData("PASSWORD")]
    [InlineData("user_password")]
    [InlineData("userPassword")]
    [InlineData("password_hash")]
    [InlineData("passwords")]
    [InlineData("passwd")]
    [InlineData("pwd")]
    [InlineData("passphrase")]
    [InlineData("secret")]
    [InlineData("client_secret")]
    [InlineData("clientSecret")]
    [InlineData("secrets")]
    [InlineData("api_key")]
    [InlineData("apiKey")]
    [InlineData("APIKey")]
    [InlineData("apikey")]
    [InlineData("api-key")]
    [InlineData("X-Api-Key")]
    [InlineData("OPENAI_API_KEY")]
    [InlineData("openaiApiKey")]
    [InlineData("access_token")]
    [InlineData("accessToken")]
    [InlineData("refresh_token")]
    [InlineData("refreshToken")]
    [InlineData("id_token")]
    [InlineData("token")]
    [InlineData("csrf_token")]
    [InlineData("authorization")]
    [InlineData("Authorization")]
    [InlineData("proxy-authorization")]
    [InlineData("cookie")]
    [InlineData("Set-Cookie")]
    [InlineData("session_cookie")]
    [InlineData("sessionId")]
    [InlineData("private_key")]
    [InlineData("privateKey")]
    [InlineData("aws_secret_access_key")]
    [InlineData("AccountKey")]
    [InlineData("connectionString")]
    [InlineData("ConnectionStrings.connection_string")]
    [InlineData("credentials")]
    [InlineData("bearer")]
    [InlineData("jwt")]
    [InlineData("otp")]
    [InlineData("password2")]
    [InlineData("token2")]
    [InlineData("accessToken1")]
    [InlineData("apiKey1")]
    [InlineData("access_token_v2")]
    [InlineData("refresh_token_value")]
    [InlineData("passWord")]
    [InlineData("clientsecret")]
    [InlineData("ssh_key")]
    [InlineData("pass")]
    [InlineData("privatekeypem")]
    public void Judge_NameOfASecret_IsSecret(string name)
    {
        Assert.Equal(KeyKind.Secret, SecretKeys.Judge(name));
    }

    [Theory]
    [InlineData("monkey")]
    [InlineData("author")]
    [InlineData("authority")]
    [InlineData("max_tokens")]
    [InlineData("maxTokens")]
    [InlineData("input_tokens")]
    [InlineData("outputTokens")]
    [InlineData("total_tokens")]
    [InlineData("token_count")]
    [InlineData("tokenCount")]
    [InlineData("tokenizer")]
    [InlineData("next_page_token")]
    [InlineData("nextPageToken")]
    [InlineData("continuation_token")]
    [InlineData("keyboard")]
    [InlineData("key")]
    [InlineData("primary_key")]
    [InlineData("secretary")]
    [InlineData("cookie_policy")]
    [InlineData("passport")]
    [InlineData("compass")]
    [InlineData("bypass")]
    [InlineData("max_token")]
    [InlineData("tests_pass")]
    [InlineData("query")]
    [InlineData("name")]
    [InlineData("system")]
    [InlineData("prompt")]
    [InlineData("debug")]
    [InlineData("response")]
    [InlineData("")]
    public void Judge_HarmlessName_IsPlain(string name)
    {
        Assert.Equal(KeyKind.Plain, SecretKeys.Judge(name));
    }

    [Theory]
    [InlineData("system_prompt")]
    [InlineData("systemPrompt")]
    [InlineData("internal_reasoning")]
    [InlineData("InternalReasoning")]
    [InlineData("debug_info")]
    [InlineData("debugInfo")]
    [InlineData("raw_response")]
    [InlineData("rawResponse")]
    [InlineData("_private")]
    [InlineData("__proto__")]
    [InlineData("_")]
    public void Judge_InternalName_IsInternal(string name)
    {
        Assert.Equal(KeyKind.Internal, SecretKeys.Judge(name));
    }

    [Fact]
    public void Judge_EnormousName_IsJudgedByItsEnd()
    {
        Assert.Equal(KeyKind.Secret, SecretKeys.Judge(new string('x', 100_000) + "_password"));
        Assert.Equal(KeyKind.Plain, SecretKeys.Judge(new string('A', 100_000)));
    }

    [Theory]
    [InlineData("""{"password":"p"}""", """{"password":"[redacted]"}""")]
    [InlineData("""{"password":17}""", """{"password":"[redacted]"}""")]
    [InlineData("""{"password":{"value":"p","deep":["p"]},"after":1}""", """{"password":"[redacted]","after":1}""")]
    [InlineData("""{"tokens":["a"],"api_keys":["p","q"],"after":1}""", """{"tokens":["a"],"api_keys":"[redacted]","after":1}""")]
    [InlineData("""{"has_password":true,"password":null}""", """{"has_password":true,"password":null}""")]
    [InlineData("""[{"a":[{"b":{"api_key":"p","c":1}}]},{"token":"p"}]""", """[{"a":[{"b":{"api_key":"[redacted]","c":1}}]},{"token":"[redacted]"}]""")]
    [InlineData("""{"_trace":{"a":[1,{"b":2}]},"a":1}""", """{"a":1}""")]
    [InlineData("""{"a":1,"system_prompt":"p"}""", """{"a":1}""")]
    [InlineData("""{"a":{"raw_response":[1]},"debug_info":{},"internal_reasoning":"p"}""", """{"a":{}}""")]
    [InlineData("""{"p\u0061ssword":"p"}""", """{"password":"[redacted]"}""")]
    [InlineData("""{"max_tokens":5,"author":"a","text":"password: p"}""", """{"max_tokens":5,"author":"a","text":"password: p"}""")]
    [InlineData("""[true,false,null,1.50,-2e5,"\u00e9\n\""]""", """[true,false,null,1.50,-2e5,"é\n\""]""")]
    public void Payload_OnEveryWayOut_IsSanitized(string json, string expected)
    {
        LogHarness log = new();
        TestCursor cursor = log.Attach();
        EventPayload payload = EventPayload.FromJson(Encoding.UTF8.GetBytes(json));
        RunEmitter run = log.StartRun();
        log.Emitter().Emit("custom", payload);
        run.Emit("custom", payload);
        run.ExecuteTool("tool", payload).Complete(payload);
        run.Complete(payload, payload);

        string[] wire = [.. cursor.ReadAllBytes().Select(Encoding.UTF8.GetString)];

        Assert.Equal(2, wire.Count(message => message.Contains("\"payload\":" + expected + "}", StringComparison.Ordinal)));
        Assert.Single(wire, message => message.Contains("\"input\":" + expected + "}", StringComparison.Ordinal));
        Assert.Single(wire, message => message.Contains("\"output\":" + expected + ",", StringComparison.Ordinal));
        Assert.Single(wire, message => message.Contains("\"result\":" + expected + ",", StringComparison.Ordinal)
            && message.Contains("\"usage\":" + expected + "}", StringComparison.Ordinal));
    }

    [Fact]
    public void Payload_OfAnObject_IsSanitizedByItsNamesOnTheWire()
    {
        LogHarness log = new();
        TestCursor cursor = log.Attach();
        log.Emitter().Emit("custom", new { ApiKey = "p", Inner = new { Password = "p", MaxTokens = 1 } });

        CustomEvent sent = (CustomEvent)cursor.ReadEvents()[0];
        Assert.Equal("""{"api_key":"[redacted]","inner":{"password":"[redacted]","max_tokens":1}}""", sent.Payload.GetRawText());
    }
}
