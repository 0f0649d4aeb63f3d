using System.Security.Cryptography;
using System.Text;

namespace Netra.Realtime.FunctionalTests.Conformance;

/// <summary>What a frame of the server was, in one short line.</summary>
internal static class Outcome
{
    private const int MaxShown = 200;

    public static string OfText(byte[] payload) => "text:" + Show(payload);

    public static string OfBinary(byte[] payload) => "binary:" + Show(payload);

    /// <summary>The bytes, or what stands for them.</summary>
    public static string Show(byte[] payload) =>
        payload.Length <= MaxShown ? Encoding.Latin1.GetString(payload) : $"{payload.Length} bytes, {Convert.ToHexString(SHA256.HashData(payload))}";
}
