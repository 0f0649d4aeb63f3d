using Netra.Realtime.LoadTests.Comparing;
using Netra.Realtime.LoadTests.Crowding;
using Netra.Realtime.LoadTests.Driving;

namespace Netra.Realtime.LoadTests;

internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        CommandLine line = new(args);
        switch (args.FirstOrDefault())
        {
            case "serve":
                return await LoadServer.RunAsync(line);
            case "drive":
                DriveResult result = await Driver.RunAsync(DriveOptions.From(line), CancellationToken.None);
                Console.WriteLine(result.ToJson());
                return result.IsSound ? 0 : 1;
            case "compare":
                return await Comparison.RunAsync(line, args);
            case "crowd":
                return await CrowdCommand.RunAsync(line, args);
            default:
                await Console.Error.WriteLineAsync(
                    """
                    serve   --target NAME[-inline] [--port N] [--send-buffer BYTES] [--ping-seconds N] [--log-bytes BYTES] [--log-budget BYTES]
                    drive   --url URL --target NAME --pid N [--workload NAME] [--quick] [--warmups N] [--seconds N] [--connections N] [--missed N]
                    compare [--quick] [--runs N] [--only push,echo,...] [--targets A,B] [--out FOLDER]
                    crowd   [--quick] [--runs N] [--connections N] [--out FOLDER]
                    """);
                return 2;
        }
    }
}
