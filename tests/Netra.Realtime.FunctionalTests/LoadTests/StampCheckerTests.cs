using System.Text;
using Netra.Realtime.LoadTests.Driving;

namespace Netra.Realtime.FunctionalTests.LoadTests;

/// <summary>A load test that cannot fail proves nothing: each way to be wrong is caught.</summary>
public sealed class StampCheckerTests
{
    private readonly StampChecker _checker = new([.. new[] { "u0", "u1" }.Select(Encoding.ASCII.GetBytes)], expected: 3);

    [Fact]
    public void Take_AllOnceInOrder_IsCompleteWithoutFaults()
    {
        Take(0, 0, 1, 2);
        Assert.False(_checker.IsComplete);
        Take(1, 0, 1, 2);

        Assert.True(_checker.IsComplete);
        Assert.Equal(0, _checker.Faults);
        Assert.Equal(6, _checker.Received);
    }

    [Fact]
    public void Take_AnothersEvent_IsAWrongAddressee()
    {
        _checker.Take(0, "u1"u8, 0);

        Assert.Equal(1, _checker.WrongAddressee);
    }

    [Fact]
    public void Take_NameThatOnlyBeginsAlike_IsAWrongAddressee()
    {
        _checker.Take(1, "u11"u8, 0);

        Assert.Equal(1, _checker.WrongAddressee);
    }

    [Fact]
    public void Take_OneLostInBetween_IsSkipped()
    {
        Take(0, 0, 2);
        Take(1, 0, 1, 2);

        Assert.True(_checker.IsComplete);
        Assert.Equal(1, _checker.Skipped);
        Assert.Equal(1, _checker.Faults);
    }

    [Fact]
    public void Take_LastLost_IsMissingAndNotComplete()
    {
        Take(0, 0, 1, 2);
        Take(1, 0, 1);

        Assert.False(_checker.IsComplete);
        Assert.Equal(1, _checker.Missing);
        Assert.Equal(1, _checker.Faults);
    }

    [Fact]
    public void Take_Reordered_IsOutOfOrder()
    {
        Take(0, 1, 0, 2);

        Assert.Equal(1, _checker.OutOfOrder);
    }

    [Fact]
    public void Take_Twice_IsOutOfOrder()
    {
        Take(0, 0, 1, 1, 2);

        Assert.Equal(1, _checker.OutOfOrder);
        Assert.Equal(0, _checker.Skipped);
    }

    [Fact]
    public void Take_LastTwice_IsOutOfOrderAlthoughAllIsThere()
    {
        Take(0, 0, 1, 2);
        Take(1, 0, 1, 2, 2);

        Assert.True(_checker.IsComplete);
        Assert.Equal(1, _checker.Faults);
    }

    [Fact]
    public void Take_MoreThanThereIs_IsUnexpected()
    {
        Take(0, 0, 1, 2, 3);

        Assert.Equal(1, _checker.Unexpected);
    }

    [Fact]
    public void TakeMalformed_TornText_IsAFault()
    {
        Take(0, 0, 1, 2);
        Take(1, 0, 1, 2);
        _checker.TakeMalformed();

        Assert.Equal(1, _checker.Faults);
    }

    private void Take(int user, params long[] numbers)
    {
        foreach (long n in numbers)
        {
            _checker.Take(user, user == 0 ? "u0"u8 : "u1"u8, n);
        }
    }
}
