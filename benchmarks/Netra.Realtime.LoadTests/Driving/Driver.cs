namespace Netra.Realtime.LoadTests.Driving;

/// <summary>Does to a server what the options say, on a thread of its own.</summary>
internal static class Driver
{
    public static async Task<DriveResult> RunAsync(DriveOptions options, CancellationToken cancellationToken)
    {
        DriveOptions found = options with { SocketUrl = await ServerControl.SocketUrlAsync(options.Url, cancellationToken) };
        return await Task.Factory.StartNew(() => Run(found, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private static DriveResult Run(DriveOptions options, CancellationToken cancellationToken)
    {
        switch (options.Load)
        {
            case DeliveryLoad load:
                using (DeliveryDrive delivery = new(options, load, cancellationToken))
                {
                    return delivery.Run();
                }

            case EchoLoad load:
                using (EchoDrive echo = new(options, load, cancellationToken))
                {
                    return echo.Run();
                }

            case IdleLoad load:
                using (IdleDrive idle = new(options, load, cancellationToken))
                {
                    return idle.Run();
                }

            case HoldLoad load:
                using (HoldDrive hold = new(options, load, cancellationToken))
                {
                    return hold.Run();
                }

            case StormLoad load:
                using (StormDrive storm = new(options, load, cancellationToken))
                {
                    return storm.Run();
                }

            case StalledLoad load:
                using (StalledDrive stalled = new(options, load, cancellationToken))
                {
                    return stalled.Run();
                }

            case ConnectLoad load:
                using (ConnectDrive connect = new(options, load, cancellationToken))
                {
                    return connect.Run();
                }

            default:
                throw new ArgumentException($"Nothing drives {options.Load}.", nameof(options));
        }
    }
}
