using System.Buffers;
using System.Text;
using Netra.Realtime.Protocol;
using Netra.Realtime.Transports.Rfc6455;
using static Netra.Realtime.Fuzz.FuzzTargets.FuzzFailureException;

namespace Netra.Realtime.Fuzz.FuzzTargets;

/// <summary>The handshake, of either side: a head is read as its grammar says, however it is cut, and then accepted or refused, and nothing else.</summary>
internal static class HandshakeTarget
{
    /// <summary>What stands in an input for the one value that a client accepts: its key is random.</summary>
    private const string AcceptPlaceholder = "$ACCEPT$";

    private static readonly string[] Subprotocols = ["netra.v1", "chat"];
    private static readonly ClientHandshake Client = new(new Uri("http://example.com/ws"), Subprotocols, []);
    private static readonly string Accept = AnswerCheck.AcceptOf(AnswerCheck.Read(Client.Request).Single("Sec-WebSocket-Key")!); // a request has one

    // All that is ever said to a server's answer: nothing of it is in there.
    private static readonly string[] Refusals =
        ["The server refused the handshake.", "The server does not speak WebSocket.", "The server agrees to what was not offered."];

    public static void Run(byte[] bytes)
    {
        FuzzInput input = new FuzzInput(bytes).With(Encoding.ASCII.GetBytes(AcceptPlaceholder), Encoding.ASCII.GetBytes(Accept));
        HandshakeLimits limits = LimitsOf(input.Settings);

        HeadRun whole = new(limits);
        Allocations.Check(input.Body.Length, () => whole.Give([input.Body]));
        ThrowUnlessSame(whole.Outcome(), new HeadRun(limits).Give(input.Pieces()).Outcome(), "pieces are read like the whole");
        ThrowUnlessSame(whole.Outcome(), new HeadRun(limits).Give(input.Bytes()).Outcome(), "single bytes are read like the whole");
        ThrowUnlessSame(whole.Outcome(), new HeadRun(limits).GiveAtOnce(input.Pieces()).Outcome(), "segments are read like the whole");
        HeadGrammar.Check(input.Body, limits, whole);

        if ((input.Settings & 1) == 0)
        {
            Allocations.Check(input.Body.Length, () => Answer(whole));
        }
        else if (whole.Head is { } head && whole.Status == HttpHeadStatus.Complete)
        {
            Allocations.Check(input.Body.Length, () => Verify(head));
        }
    }

    public static HandshakeLimits LimitsOf(int settings) =>
        new() { MaxHeadBytes = (settings & 2) == 0 ? 16 * 1024 : 512, MaxFields = (settings & 4) == 0 ? 100 : 4 };

    private static void Answer(HeadRun request)
    {
        if (request.Status == HttpHeadStatus.Incomplete)
        {
            return;
        }

        HandshakeAnswer answer = request.Status == HttpHeadStatus.Complete
            ? ServerHandshake.Answer(request.Head!, Subprotocols) // complete: there is one
            : ServerHandshake.Refuse(request.Status);
        AnswerCheck.Check(request, answer, Subprotocols);
    }

    private static void Verify(HttpHead answer)
    {
        try
        {
            string? subprotocol = Client.Verify(answer);
            ThrowUnless(answer.StartLine.StartsWith("HTTP/1.1 101", StringComparison.Ordinal), "only 101 is accepted");
            ThrowUnless(answer.Single("Sec-WebSocket-Accept") == Accept, "only the right proof is accepted");
            ThrowUnless(answer.Count("Sec-WebSocket-Extensions") == 0, "no extension is accepted");
            ThrowUnless(subprotocol == answer.Single("Sec-WebSocket-Protocol"), "the subprotocol is the server's");
            ThrowUnless(subprotocol is null || Subprotocols.Contains(subprotocol, StringComparer.Ordinal), "only what was offered is agreed on");
        }
        catch (RealtimeProtocolException e)
        {
            ThrowUnless(Refusals.Contains(e.Message, StringComparer.Ordinal), "a refusal says nothing of the answer");
        }
    }
}
