using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>The id of an event, <c>epoch-sequence</c>: it orders, removes duplicates and resumes.</summary>
/// <remarks>
/// The epoch names one life of a user's log: 1 to 10 of <c>a-z 0-9</c>, held in 60 bits so that an id is a plain value.
/// The sequence starts at 1; 0 names the head of a log that is still empty. Sequences are compared only within one epoch.
/// </remarks>
[JsonConverter(typeof(IdJsonConverter<EventId>))]
[StructLayout(LayoutKind.Auto)]
public readonly record struct EventId : IParsable<EventId>
{
    /// <summary>The longest id in bytes: an epoch of 10, the dash, a sequence of 19 digits.</summary>
    public const int MaxBytes = 30;

    private const string Alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const int MaxEpochLength = 10;
    private const int MintedEpochLength = 8;

    private readonly ulong _epoch;

    private EventId(ulong epoch, long sequence)
    {
        _epoch = epoch;
        Sequence = sequence;
    }

    /// <summary>Position in the log: from 1, without a gap; 0 for the head of an empty log.</summary>
    public long Sequence { get; }

    /// <summary>The text of the epoch; empty for <c>default</c>, which is no event.</summary>
    public string Epoch
    {
        get
        {
            Span<byte> bytes = stackalloc byte[MaxBytes];
            return Encoding.ASCII.GetString(bytes[..FormatEpoch(bytes)]);
        }
    }

    /// <summary>Whether this is <c>default</c>: no event.</summary>
    public bool IsEmpty => _epoch == 0;

    /// <summary>Mints a new epoch: about 41 random bits, so that two lives of one log differ.</summary>
    /// <returns>The id of the head of its empty log, <c>epoch-0</c>.</returns>
    public static EventId NewEpoch() => Parse(RandomNumberGenerator.GetString(Alphabet, MintedEpochLength) + "-0", null);

    /// <summary>The id at another position of the same epoch.</summary>
    /// <param name="sequence">The position, not negative.</param>
    /// <returns>The id.</returns>
    public EventId At(long sequence)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        return new EventId(_epoch, sequence);
    }

    /// <summary>Whether both are of the same life of a log.</summary>
    /// <param name="other">The other id.</param>
    /// <returns>True when the epochs are equal.</returns>
    public bool SameEpoch(EventId other) => _epoch == other._epoch;

    /// <summary>Writes the id as ASCII.</summary>
    /// <param name="destination">At least <see cref="MaxBytes"/> long.</param>
    /// <returns>How many bytes were written.</returns>
    public int Format(Span<byte> destination)
    {
        int written = FormatEpoch(destination);
        destination[written++] = (byte)'-';
        if (!Utf8Formatter.TryFormat(Sequence, destination[written..], out int digits))
        {
            throw new ArgumentException("The destination is shorter than MaxBytes.", nameof(destination));
        }

        return written + digits;
    }

    /// <summary>Reads an id, or says that the text is none. Only the form that <see cref="ToString"/> writes is an id: no sign, no leading zero.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The id.</param>
    /// <returns>Whether the text is an event id.</returns>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out EventId result)
    {
        result = default;
        int dash = s?.LastIndexOf('-') ?? -1;
        if (s is null || dash is < 1 or > MaxEpochLength || dash == s.Length - 1)
        {
            return false;
        }

        ulong epoch = 0;
        foreach (char c in s.AsSpan(0, dash))
        {
            int index = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (index < 0)
            {
                return false;
            }

            epoch = (epoch << 6) | (uint)(index + 1);
        }

        ReadOnlySpan<char> digits = s.AsSpan(dash + 1);
        if ((digits[0] == '0' && digits.Length > 1)
            || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long sequence))
        {
            return false;
        }

        result = new EventId(epoch, sequence);
        return true;
    }

    /// <inheritdoc cref="TryParse(string?, IFormatProvider?, out EventId)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, out EventId result) => TryParse(s, null, out result);

    /// <summary>Reads an id.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <returns>The id.</returns>
    /// <exception cref="FormatException">The text is no event id.</exception>
    public static EventId Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out EventId result) ? result : throw new FormatException("The text is not an event id.");

    /// <summary>The id as it stands on the wire.</summary>
    /// <returns><c>epoch-sequence</c>.</returns>
    public override string ToString() => IsEmpty ? "" : $"{Epoch}-{Sequence.ToString(CultureInfo.InvariantCulture)}";

    // Six bits a character, 0 for none: unlike base 36, this keeps leading zeros and the length.
    private int FormatEpoch(Span<byte> destination)
    {
        int length = 0;
        for (int shift = 6 * (MaxEpochLength - 1); shift >= 0; shift -= 6)
        {
            int digit = (int)(_epoch >> shift) & 63;
            if (digit != 0)
            {
                destination[length++] = (byte)Alphabet[digit - 1];
            }
        }

        return length;
    }
}
