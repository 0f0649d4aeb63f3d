using System.Text;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>Requests, right and wrong, and what is answered to them.</summary>
internal static class HeadSamples
{
    /// <summary>The key of RFC 6455 section 1.3.</summary>
    public const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    public static IReadOnlyList<(string Name, string Request, int Status)> All { get; } =
    [
        ("as it should be", Request(), 101),
        ("fields in any case and order", "GET / HTTP/1.1\r\nsec-websocket-version:13\r\nSEC-WEBSOCKET-KEY:\t" + Key + " \r\nconnection:keep-alive, upgrade\r\nupgrade:WebSocket\r\nHOST:x\r\n\r\n", 101),
        ("a target in absolute form", Request(line: "GET http://example.com/ws?x=%20 HTTP/1.1"), 101),
        ("upgrade in the second field", Request(extra: "Connection: keep-alive\r\n"), 101),
        ("an empty element in a list", Request(connection: ", Upgrade,,"), 101),
        ("websocket among other upgrades", Request(upgrade: "foo/2, websocket, h2c"), 101),
        ("an empty value", Request(extra: "X-Empty:\r\n"), 101),
        ("bytes above ASCII in a value", Request(extra: "X-Name: \u00e9\r\n"), 101),
        ("extensions, right and wrong", Request(extra: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nSec-WebSocket-Extensions: ;;=99,\"\r\n"), 101),
        ("a body of nothing", Request(extra: "Content-Length: 0\r\n"), 101),
        ("100 fields", Request(extra: Many(95)), 101),
        ("16 KiB", Request(extra: $"X: {new string('x', (16 * 1024) - Request().Length - 5)}\r\n"), 101),

        ("another method", Request(line: "POST / HTTP/1.1"), 400),
        ("a method in lower case", Request(line: "get / HTTP/1.1"), 400),
        ("HTTP/1.0", Request(line: "GET / HTTP/1.0"), 400),
        ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        ("no target", Request(line: "GET HTTP/1.1"), 400),
        ("two spaces", Request(line: "GET  / HTTP/1.1"), 400),
        ("a target that is none", Request(line: "GET ws HTTP/1.1"), 400),
        ("a target beyond ASCII", Request(line: "GET /\u00e9 HTTP/1.1"), 400),
        ("a tab in the target", Request(line: "GET /\t HTTP/1.1"), 400),
        ("an empty first line", "\r\n" + Request(), 400),
        ("no host", Request(host: null), 400),
        ("two hosts", Request(extra: "Host: y\r\n"), 400),
        ("bare line feeds", Request().Replace("\r\n", "\n", StringComparison.Ordinal), 400),
        ("one bare line feed", Request(extra: "X: y\n"), 400),
        ("a carriage return in a value", Request(extra: "X: y\rz\r\n"), 400),
        ("a NUL in a value", Request(extra: "X: y\0\r\n"), 400),
        ("a folded field", Request(extra: "X: y\r\n z\r\n"), 400),
        ("a space before the colon", Request(extra: "X : y\r\n"), 400),
        ("no colon", Request(extra: "X\r\n"), 400),
        ("no name", Request(extra: ": y\r\n"), 400),
        ("a name that is no token", Request(extra: "X(): y\r\n"), 400),
        ("a body", Request(extra: "Content-Length: 5\r\n"), 400),
        ("two lengths", Request(extra: "Content-Length: 0\r\nContent-Length: 0\r\n"), 400),
        ("a chunked body", Request(extra: "Transfer-Encoding: chunked\r\n"), 400),
        ("no key", Request(key: null), 400),
        ("a short key", Request(key: "dGhlIHNhbXBsZQ=="), 400),
        ("a key that is no base64", Request(key: "dGhlIHNhbXBsZSBub25jZ!=="), 400),
        ("a key with a space in it", Request(key: "dGhlIHNhbXBsZSBu b25jZQ="), 400),
        ("two keys", Request(extra: $"Sec-WebSocket-Key: {Key}\r\n"), 400),
        ("a subprotocol that is no token", Request(extra: "Sec-WebSocket-Protocol: a b\r\n"), 400),
        ("a subprotocol of nothing", Request(extra: "Sec-WebSocket-Protocol:\r\n"), 400),
        ("a subprotocol of many spaces", Request(extra: $"Sec-WebSocket-Protocol: {new string(' ', 15_000)}\r\n"), 400),
        ("a subprotocol of many commas", Request(extra: $"Sec-WebSocket-Protocol: {new string(',', 15_000)}\r\n"), 400),

        ("an upgrade that is no protocol", Request(upgrade: "foo bar"), 400),
        ("an upgrade with a version of nothing", Request(upgrade: "foo/"), 400),
        ("an upgrade that is only a version", Request(upgrade: "/2, websocket"), 400),
        ("an upgrade with two versions", Request(upgrade: "foo/2/3"), 400),

        ("no upgrade", Request(upgrade: null), 426),
        ("another upgrade", Request(upgrade: "h2c"), 426),
        ("another upgrade with a version", Request(upgrade: "foo/2"), 426),
        ("websocket with a version", Request(upgrade: "websocket/13"), 426),
        ("no connection", Request(connection: null), 426),
        ("another connection", Request(connection: "keep-alive"), 426),
        ("no version", Request(version: null), 426),
        ("an old version", Request(version: "8"), 426),
        ("two versions", Request(extra: "Sec-WebSocket-Version: 13\r\n"), 426),
        ("a list of versions", Request(version: "13, 8"), 426),

        ("101 fields", Request(extra: Many(96)), 431),
        ("2000 fields", Request(extra: Many(2000)), 431),
        ("16 KiB and one byte", Request(extra: $"X: {new string('x', (16 * 1024) - Request().Length - 4)}\r\n"), 431),
        ("one line of 64 KiB", Request(extra: $"X: {new string('x', 64 * 1024)}\r\n"), 431),
        ("a line that never ends", "GET /" + new string('x', 64 * 1024), 431),
        ("a subprotocol of 32,000 spaces", Request(extra: $"Sec-WebSocket-Protocol: {new string(' ', 32_000)}\r\n"), 431),
    ];

    public static byte[][] Bytes { get; } = [.. All.Where(sample => sample.Request.Length < 2_000).Select(sample => Encoding.Latin1.GetBytes(sample.Request))];

    public static string Request(
        string line = "GET /ws HTTP/1.1", string? host = "example.com", string? upgrade = "websocket", string? connection = "Upgrade", string? key = Key,
        string? version = "13", string extra = "")
    {
        StringBuilder request = new(line + "\r\n");
        foreach ((string name, string? value) in new[]
            { ("Host", host), ("Upgrade", upgrade), ("Connection", connection), ("Sec-WebSocket-Key", key), ("Sec-WebSocket-Version", version) })
        {
            request.Append(value is null ? "" : $"{name}: {value}\r\n");
        }

        return request.Append(extra).Append("\r\n").ToString();
    }

    private static string Many(int count) => string.Concat(Enumerable.Range(0, count).Select(i => $"X-{i}: y\r\n"));
}
