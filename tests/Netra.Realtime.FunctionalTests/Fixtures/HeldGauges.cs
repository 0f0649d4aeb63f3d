using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Health;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>Gauges of a real host that say what a test sets; the timer of the host looks at them ten times a second.</summary>
public sealed class HeldGauges
{
    private TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private double _memoryLoad;

    public void Use(RealtimeServerSetup setup)
    {
        setup.Options += static options => options.Degradation = new DegradationOptions { SampleInterval = TimeSpan.FromMilliseconds(100) };
        setup.Realtime += realtime => realtime.Services.AddSingleton(new PressureGauges(static () => 0.25, static () => 7, MemoryLoad));
    }

    /// <summary>Sets the memory load and waits until the host has seen it.</summary>
    public async Task SetMemoryLoadAsync(double share)
    {
        Volatile.Write(ref _memoryLoad, share);

        // The second look from now on begins after the first sample that saw it has ended.
        for (int i = 0; i < 2; i++)
        {
            TaskCompletionSource looked = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _looked, looked);
            await looked.Task.OrFail();
        }
    }

    private double MemoryLoad()
    {
        Volatile.Read(ref _looked).TrySetResult();
        return Volatile.Read(ref _memoryLoad);
    }
}
