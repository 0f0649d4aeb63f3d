using Microsoft.Extensions.Options;
using Netra.Realtime.Connections;
using Netra.Realtime.Health;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.DependencyInjection;

/// <summary>Checks single values and pairs; each message names the option and the accepted range.</summary>
internal sealed class RealtimeOptionsValidator : IValidateOptions<RealtimeOptions>
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, RealtimeOptions options)
    {
        List<string> failures = [];
        LimitOptions limits = options.Limits;
        AtLeast(failures, "Limits.MaxConnections", limits.MaxConnections, 1);
        AtLeast(failures, "Limits.MaxConnectionsPerUser", limits.MaxConnectionsPerUser, 1);
        AtLeast(failures, "Limits.MaxConnectionsPerTenant", limits.MaxConnectionsPerTenant, 0);
        AtLeast(failures, "Limits.ConnectsPerSecondPerUser", limits.ConnectsPerSecondPerUser, 0);
        AtLeast(failures, "Limits.ConnectBurstPerUser", limits.ConnectBurstPerUser, 1);
        AtLeast(failures, "Limits.ConnectsPerSecondPerAddress", limits.ConnectsPerSecondPerAddress, 0);
        AtLeast(failures, "Limits.ConnectBurstPerAddress", limits.ConnectBurstPerAddress, 1);
        AtLeast(failures, "Limits.MaxOpenRunsPerUser", limits.MaxOpenRunsPerUser, 1);
        if (limits.MaxRunSilence != Timeout.InfiniteTimeSpan)
        {
            Between(failures, "Limits.MaxRunSilence", limits.MaxRunSilence, TimeSpan.FromSeconds(1), 7 * Day);
        }

        AtLeast(failures, "Limits.MaxRoomsPerUser", limits.MaxRoomsPerUser, 1);
        Between(failures, "Limits.MaxMessageBytes", limits.MaxMessageBytes, 1024, 16 * 1024 * 1024);
        AtLeast(failures, "Limits.MessagesPerSecond", limits.MessagesPerSecond, 1);
        AtLeast(failures, "Limits.MessageBurst", limits.MessageBurst, 1);
        AtLeast(failures, "Limits.BytesPerSecond", limits.BytesPerSecond, 1024);
        AtLeast(failures, "Limits.BytesBurst", limits.BytesBurst, 1024);
        if (!Enum.IsDefined(limits.WhenFull))
        {
            failures.Add($"Limits.WhenFull is {limits.WhenFull}; it has to be {string.Join(" or ", Enum.GetNames<ConnectionLimitPolicy>())}.");
        }

        AtLeast(failures, "Limits.MaxWaitingMessages", limits.MaxWaitingMessages, 1);
        AtLeast(failures, "Limits.MaxRefusedMessagesPerMinute", limits.MaxRefusedMessagesPerMinute, 1);
        AtLeast(failures, "Limits.MaxFilterEntries", limits.MaxFilterEntries, 1);
        Between(failures, "Limits.MaxEventBytes", limits.MaxEventBytes, 16 * 1024, 1024 * 1024);
        AtLeast(failures, "Limits.MaxToolInputChars", limits.MaxToolInputChars, 1);
        AtLeast(failures, "Limits.MaxToolOutputChars", limits.MaxToolOutputChars, 1);
        AtLeast(failures, "Limits.MaxErrorChars", limits.MaxErrorChars, 1);

        RetentionOptions retention = options.Retention;
        AtLeast(failures, "Retention.MaxEvents", retention.MaxEvents, 10);
        AtLeast(failures, "Retention.MaxBytes", retention.MaxBytes, 2L * limits.MaxEventBytes);
        AtLeast(failures, "Retention.TotalBytes", retention.TotalBytes, retention.MaxBytes);
        Between(failures, "Retention.MaxRetired", retention.MaxRetired, 3, RetentionOptions.MostRetired);
        Between(failures, "Retention.MaxAge", retention.MaxAge, TimeSpan.FromSeconds(1), 7 * Day);
        Between(failures, "Retention.RetiredFor", retention.RetiredFor, TimeSpan.FromSeconds(1), 7 * Day);

        DeliveryOptions delivery = options.Delivery;
        Between(failures, "Delivery.SendTimeout", delivery.SendTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1));
        if (delivery.SendBufferBytes != 0)
        {
            Between(failures, "Delivery.SendBufferBytes", delivery.SendBufferBytes, 4 * 1024, 64 * 1024 * 1024);
        }

        Between(failures, "Delivery.CloseTimeout", delivery.CloseTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        Between(failures, "Delivery.StopTimeout", delivery.StopTimeout, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        Between(failures, "Delivery.ReconnectWithin", delivery.ReconnectWithin, TimeSpan.Zero, TimeSpan.FromMinutes(10));

        HeartbeatOptions heartbeat = options.Heartbeat;
        Between(failures, "Heartbeat.Interval", heartbeat.Interval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        Between(failures, "Heartbeat.Timeout", heartbeat.Timeout, heartbeat.Interval + TimeSpan.FromTicks(1), Day);
        AtLeast(failures, "Heartbeat.Missed", heartbeat.Missed, 1);
        Between(failures, "Heartbeat.StaleAfter", heartbeat.StaleAfter, TimeSpan.FromSeconds(1), Day);
        if (!heartbeat.Enabled && heartbeat.SweepInterval > heartbeat.StaleAfter / 2)
        {
            failures.Add($"Heartbeat.SweepInterval is {heartbeat.SweepInterval}; with the heartbeat off it has to be at most half of Heartbeat.StaleAfter, {heartbeat.StaleAfter / 2}.");
        }

        Between(failures, "Heartbeat.OfflineAfter", heartbeat.OfflineAfter, TimeSpan.Zero, Day);
        Between(failures, "Heartbeat.SweepInterval", heartbeat.SweepInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        Validate(failures, options.Degradation);
        if (options.IdentifyUser is null)
        {
            failures.Add("IdentifyUser has to be set.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void Validate(List<string> failures, DegradationOptions degradation)
    {
        Between(failures, "Degradation.SampleInterval", degradation.SampleInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        Between(failures, "Degradation.RecoverBelow", degradation.RecoverBelow, 0.1, 1);
        Thresholds(failures, "Degradation.LogBudget", degradation.LogBudgetToRefuse, degradation.LogBudgetToShed, 0.1, 1);
        Thresholds(failures, "Degradation.PoolQueue", degradation.PoolQueueToRefuse, degradation.PoolQueueToShed, 10, int.MaxValue);
        Between(failures, "Degradation.PoolQueueSamples", degradation.PoolQueueSamples, 1, 1_000);
        Thresholds(failures, "Degradation.MemoryLoad", degradation.MemoryLoadToRefuse, degradation.MemoryLoadToShed, 0.1, 1);
    }

    // Zero is none.
    private static void Thresholds<T>(List<string> failures, string gauge, T toRefuse, T toShed, T least, T most)
        where T : struct, IComparable<T>
    {
        int before = failures.Count;
        if (toRefuse.CompareTo(default) != 0)
        {
            Between(failures, gauge + "ToRefuse", toRefuse, least, most);
        }

        if (toShed.CompareTo(default) != 0)
        {
            Between(failures, gauge + "ToShed", toShed, least, most);
            if (failures.Count == before && toShed.CompareTo(toRefuse) <= 0)
            {
                failures.Add($"{gauge}ToShed is {toShed}; it has to be above {gauge}ToRefuse, which is {toRefuse}, or 0.");
            }
        }
    }

    private static void AtLeast(List<string> failures, string option, long value, long least)
    {
        if (value < least)
        {
            failures.Add($"{option} is {value}; it has to be at least {least}.");
        }
    }

    private static void Between<T>(List<string> failures, string option, T value, T least, T most)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            failures.Add($"{option} is {value}; it has to be from {least} to {most}.");
        }
    }
}
