namespace Netra.Realtime.Connections;

/// <summary>How well a peer has answered lately, from 0 to 100: it begins with 100, a missed ping takes 25, an answer gives 10. Safe for concurrent use.</summary>
internal sealed class HealthScore
{
    private const int Best = 100;
    private const int ForMissed = -25;
    private const int ForAnswer = 10;

    private int _value = Best;

    public int Value => Volatile.Read(ref _value);

    public void Missed() => Add(ForMissed);

    public void Answered() => Add(ForAnswer);

    private void Add(int change)
    {
        int before = Value;
        while (true)
        {
            int found = Interlocked.CompareExchange(ref _value, Math.Clamp(before + change, 0, Best), before);
            if (found == before)
            {
                return;
            }

            before = found;
        }
    }
}
