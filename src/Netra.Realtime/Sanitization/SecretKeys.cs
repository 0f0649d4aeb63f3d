using System.Buffers;

namespace Netra.Realtime.Sanitization;

/// <summary>Which JSON names are secret, and which are internal. By whole words: <c>apiKey</c> and <c>api-key</c> are, <c>monkey</c> is not.</summary>
/// <remarks>A name is split into lower-case words at whatever is no letter and at changes of case, then looked up as <c>_word_word_</c>.</remarks>
internal static class SecretKeys
{
    // Longer names are judged by their end, where the noun stands.
    private const int MaxJudgedLength = 256;

    // Anywhere in the name.
    private static readonly SearchValues<string> Secret = SearchValues.Create(
        [
            "_password_", "_passwords_", "_passwd_", "_pwd_", "_passphrase_", "_passcode_", "_secret_", "_secrets_", "_credential_", "_credentials_",
            "_api_key_", "_api_keys_", "_apikey_", "_apikeys_", "_access_key_", "_accesskey_", "_secret_key_", "_secretkey_", "_private_key_",
            "_privatekey_", "_signing_key_", "_encryption_key_", "_master_key_", "_account_key_", "_subscription_key_", "_shared_access_signature_",
            "_connection_string_", "_connectionstring_", "_set_cookie_", "_bearer_", "_jwt_", "_otp_", "_private_keys_", "_access_keys_",
            "_access_token_", "_refresh_token_", "_auth_token_", "_id_token_", "_session_token_", "_ssh_key_", "_client_secret_", "_clientsecret_",
            "_pass_word_", "_privatekeypem_", "_accesstoken_", "_refreshtoken_", "_authtoken_", "_idtoken_", "_sessiontoken_",
        ],
        StringComparison.Ordinal);

    // Only as the last word: token_count and cookie_policy are harmless, csrf_token and session_cookie are not.
    private static readonly string[] SecretEndings =
    [
        "_token_", "_authorization_", "_cookie_", "_cookies_",
        "_access_tokens_", "_refresh_tokens_", "_auth_tokens_", "_session_id_", "_sessionid_",
    ];

    // Tokens that say where a listing goes on, not who somebody is.
    private static readonly string[] HarmlessEndings =
    [
        "_page_token_", "_next_token_", "_continuation_token_", "_sync_token_", "_max_token_",
    ];

    private static readonly string[] Internal = ["_system_prompt_", "_internal_reasoning_", "_debug_info_", "_raw_response_"];

    public static KeyKind Judge(ReadOnlySpan<char> name)
    {
        if (name.Length > 0 && name[0] == '_')
        {
            return KeyKind.Internal;
        }

        if (name.Length > MaxJudgedLength)
        {
            name = name[^MaxJudgedLength..];
        }

        Span<char> buffer = stackalloc char[(2 * MaxJudgedLength) + 2];
        ReadOnlySpan<char> words = buffer[..Normalize(name, buffer)];
        foreach (string internalName in Internal)
        {
            if (words.SequenceEqual(internalName))
            {
                return KeyKind.Internal;
            }
        }

        // A "pass" alone is a password; "tests_pass" is a result.
        return words is "_pass_" || words.ContainsAny(Secret) || (EndsWithAny(words, SecretEndings) && !EndsWithAny(words, HarmlessEndings))
            ? KeyKind.Secret
            : KeyKind.Plain;
    }

    private static bool EndsWithAny(ReadOnlySpan<char> words, string[] endings)
    {
        foreach (string ending in endings)
        {
            if (words.EndsWith(ending, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static int Normalize(ReadOnlySpan<char> name, Span<char> words)
    {
        int length = 0;
        words[length++] = '_';
        for (int i = 0; i < name.Length; i++)
        {
            char c = name[i];
            if (!char.IsLetter(c))
            {
                c = '_'; // digits too: password2 is a password
            }
            else if (char.IsUpper(c) && i > 0
                && (char.IsLower(name[i - 1])
                    || (char.IsUpper(name[i - 1]) && i + 1 < name.Length && char.IsLower(name[i + 1]))))
            {
                // accessToken, and the K of APIKey.
                Separate(words, ref length);
            }

            if (c == '_')
            {
                Separate(words, ref length);
            }
            else
            {
                words[length++] = char.ToLowerInvariant(c);
            }
        }

        Separate(words, ref length);
        return length;
    }

    private static void Separate(Span<char> words, ref int length)
    {
        if (words[length - 1] != '_')
        {
            words[length++] = '_';
        }
    }
}
