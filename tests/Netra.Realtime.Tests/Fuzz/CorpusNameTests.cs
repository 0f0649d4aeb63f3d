using System.Buffers;
using System.Globalization;
using Netra.Realtime.Fuzz;
using Netra.Realtime.Fuzz.FuzzTargets;
using Netra.Realtime.Protocol;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Fuzz;

/// <summary>The names of the inputs that were written by hand say what comes of them.</summary>
public sealed class CorpusNameTests
{
    [Fact]
    public void Frames_NamedAViolation_AreOne_AndNoOtherIs()
    {
        foreach ((string name, FuzzInput input) in Named("frames"))
        {
            List<string> outcomes = FrameModel.Read(input.Body, FrameSettings.Of(input.Settings));

            bool isViolation = outcomes.Count > 0 && outcomes[^1].StartsWith("violation", StringComparison.Ordinal);
            Assert.True(name.StartsWith("violation-", StringComparison.Ordinal) == isViolation, $"{name}: {string.Join("; ", outcomes)}");
        }
    }

    [Fact]
    public void Requests_NamedAfterAStatus_AreAnsweredWithIt()
    {
        foreach ((string name, FuzzInput input) in Named("handshake").Where(named => named.Name.StartsWith("request-", StringComparison.Ordinal)))
        {
            HeadRun run = new HeadRun(HandshakeTarget.LimitsOf(input.Settings)).Give([input.Body]);

            int status = run.Status switch
            {
                HttpHeadStatus.Incomplete => 0,
                HttpHeadStatus.Complete => ServerHandshake.Answer(run.Head!, ["netra.v1"]).Status,
                _ => ServerHandshake.Refuse(run.Status).Status,
            };
            Assert.True(name.StartsWith("request-incomplete", StringComparison.Ordinal) ? status == 0 : name.Split('-')[1] == status.ToString(CultureInfo.InvariantCulture), $"{name}: {status}");
        }
    }

    [Fact]
    public void Messages_NamedAfterARefusal_AreRefusedSo_AndNoOtherIs()
    {
        foreach ((string name, FuzzInput input) in Named("messages").Where(named => !named.Name.StartsWith("server-", StringComparison.Ordinal)))
        {
            ClientMessageReader.TryRead(new ReadOnlySequence<byte>(input.Body), MessagesTarget.MaxFilterEntriesOf(input.Settings), out _, out ErrorMessage? error);

            string? code = name.Split('-')[0] switch
            {
                "bad" => ErrorCodes.BadRequest,
                "forbidden" => ErrorCodes.Forbidden,
                "limit" => ErrorCodes.LimitExceeded,
                _ => null,
            };
            Assert.True(code == error?.Code, $"{name}: {error}");
        }
    }

    // What fuzzers have found is named after nothing, or after a bug.
    private static IEnumerable<(string Name, FuzzInput Input)> Named(string target) =>
        from path in FuzzFiles.Corpus(FuzzTarget.Find(target)!)
        let name = Path.GetFileName(path)
        where !name.StartsWith("afl-", StringComparison.Ordinal) && !name.StartsWith("found-", StringComparison.Ordinal)
        select (name, new FuzzInput(File.ReadAllBytes(path)));
}
