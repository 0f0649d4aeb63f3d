namespace TerminalClient;

/// <summary>What was asked for on the command line.</summary>
internal sealed record Arguments(Uri Endpoint)
{
    public const string Usage = """
        TerminalClient [URL] [--token TOKEN | --user NAME] [--ask QUESTION]

        URL     the endpoint; by default that of the sample AgentChat, http://localhost:5080/ws
        --token a bearer token
        --user  signs in at AgentChat, as anybody
        --ask   asks AgentChat, follows the answer and ends with it; else the runs of the user are followed until Ctrl+C
        """;

    public string? Token { get; private init; }

    public string? User { get; private init; }

    public string? Question { get; private init; }

    /// <returns>Null when it is not understood.</returns>
    public static Arguments? Read(IReadOnlyList<string> args)
    {
        Arguments read = new(new Uri("http://localhost:5080/ws"));
        for (int i = 0; i < args.Count; i++)
        {
            string name = args[i];
            if (!name.StartsWith("--", StringComparison.Ordinal))
            {
                if (!Uri.TryCreate(name, UriKind.Absolute, out Uri? endpoint) || endpoint.Scheme is not ("http" or "https" or "ws" or "wss"))
                {
                    return null;
                }

                read = read with { Endpoint = endpoint };
                continue;
            }

            if (++i == args.Count)
            {
                return null;
            }

            Arguments? more = name switch
            {
                "--token" => read with { Token = args[i] },
                "--user" => read with { User = args[i] },
                "--ask" => read with { Question = args[i] },
                _ => null,
            };
            if (more is null)
            {
                return null;
            }

            read = more;
        }

        return read;
    }
}
