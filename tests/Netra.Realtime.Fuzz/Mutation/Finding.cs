using Netra.Realtime.Fuzz.FuzzTargets;

namespace Netra.Realtime.Fuzz.Mutation;

/// <summary>An input and what does not hold for it.</summary>
/// <param name="Input">The input.</param>
/// <param name="Failure">What was thrown.</param>
internal sealed record Finding(byte[] Input, Exception Failure)
{
    // Two inputs show the same thing when the same property fails, or the same type is thrown.
    private string Kind => Failure is FuzzFailureException failure ? failure.Property : Failure.GetType().Name;

    /// <summary>Runs the target. Null: all holds.</summary>
    public static Finding? Of(FuzzTarget target, byte[] input)
    {
        try
        {
            target.Run(input);
            return null;
        }
        catch (Exception e)
        {
            // Whatever a target throws is what is looked for.
            return new Finding(input, e);
        }
    }

    /// <summary>Takes away what is not needed to see the same, in ever smaller pieces.</summary>
    public Finding Minimize(FuzzTarget target)
    {
        Finding smallest = this;
        for (int length = Math.Max(1, Input.Length / 2); length > 0; length /= 2)
        {
            int at = 0;
            while (at < smallest.Input.Length)
            {
                byte[] without = [.. smallest.Input.AsSpan(0, at), .. smallest.Input.AsSpan(Math.Min(at + length, smallest.Input.Length))];
                if (Of(target, without) is { } finding && finding.Kind == Kind)
                {
                    smallest = finding;
                }
                else
                {
                    at += length;
                }
            }
        }

        return smallest;
    }
}
