using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Netra.Realtime.Transports.Rfc6455;
using static Netra.Realtime.Fuzz.FuzzTargets.FuzzFailureException;

namespace Netra.Realtime.Fuzz.FuzzTargets;

/// <summary>What holds of every answer of a server.</summary>
internal static class AnswerCheck
{
    private static readonly int[] Statuses = [101, 400, 426, 431];

    public static void Check(HeadRun request, HandshakeAnswer answer, string[] subprotocols)
    {
        HttpHead head = Read(answer.Bytes);
        ThrowUnless(Statuses.Contains(answer.Status), "an answer is 101, 400, 426 or 431", $"{answer.Status}");
        ThrowUnless(head.StartLine.StartsWith($"HTTP/1.1 {answer.Status} ", StringComparison.Ordinal), "an answer says its status");
        if (answer.Status == 101)
        {
            CheckAccepted(request.Head!, answer, head, subprotocols); // only what is complete is accepted
            return;
        }

        ThrowUnless((answer.Status == 431) == (request.Status == HttpHeadStatus.TooLarge), "431 is for what is too large");
        ThrowUnless(answer.Subprotocol is null, "a refusal agrees on nothing");
        ThrowUnless(head.Single("Connection")!.EndsWith("close", StringComparison.Ordinal) && head.Single("Content-Length") == "0", "a refusal is the end");
    }

    /// <summary>The head of a message that is nothing but a head.</summary>
    public static HttpHead Read(byte[] bytes)
    {
        ReadOnlySequence<byte> unread = new(bytes);
        HttpHeadStatus status = new HttpHeadReader(bytes.Length, 100).Read(ref unread, out HttpHead? head);
        ThrowUnless(status == HttpHeadStatus.Complete && unread.IsEmpty, "what we send is a head");
        return head!; // complete: there is one
    }

    /// <summary>Section 4.2.2 of the RFC.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "RFC 6455 asks for SHA-1.")]
    public static string AcceptOf(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));

    private static void CheckAccepted(HttpHead request, HandshakeAnswer answer, HttpHead head, string[] subprotocols)
    {
        string key = request.Single("Sec-WebSocket-Key") ?? "";
        ThrowUnless(request.StartLine.StartsWith("GET ", StringComparison.Ordinal) && request.Count("Host") == 1, "a GET to one host is accepted");
        ThrowUnless(Convert.FromBase64String(key).Length == 16 && request.Single("Sec-WebSocket-Version") == "13", "a key of 16 bytes for version 13 is accepted");
        ThrowUnless(request.Count("Transfer-Encoding") == 0 && request.Single("Content-Length") is null or "0", "no body is accepted");
        ThrowUnless(
            Has(request, "Upgrade", "websocket") && Has(request, "Connection", "upgrade"), "an upgrade to a WebSocket is accepted");
        ThrowUnless(head.Single("Sec-WebSocket-Accept") == AcceptOf(key), "the proof is made of the key");
        ThrowUnless(head.Single("Sec-WebSocket-Protocol") == answer.Subprotocol && head.Fields.Count == (answer.Subprotocol is null ? 3 : 4), "nothing else is answered");
        ThrowUnless(
            answer.Subprotocol is not { } agreed || (subprotocols.Contains(agreed, StringComparer.Ordinal) && Has(request, "Sec-WebSocket-Protocol", agreed)),
            "what both speak is agreed on");
    }

    private static bool Has(HttpHead head, string name, string token) => head.Fields.Any(
        field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase) && field.Value.Contains(token, StringComparison.OrdinalIgnoreCase));
}
