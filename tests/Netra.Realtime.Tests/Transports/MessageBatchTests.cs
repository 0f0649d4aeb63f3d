using System.Text;
using CsCheck;
using Netra.Realtime.Transports;

namespace Netra.Realtime.Tests.Transports;

public sealed class MessageBatchTests
{
    [Fact]
    public void Batch_AnyMessages_HoldsThemWithRoomInFront()
    {
        Gen.Byte.Array[0, 3_000].Array[0, 20].Sample(messages =>
        {
            MessageBatch batch = new();
            foreach (byte[] message in messages)
            {
                batch.Add(message);
            }
            bool same = batch.Count == messages.Length && batch.TotalBytes == messages.Sum(message => message.Length);
            for (int i = 0; i < messages.Length; i++)
            {
                batch.WithHeaderRoom(i).Span[..MessageBatch.HeaderRoomBytes].Fill(0xFF);
            }
            for (int i = 0; i < messages.Length; i++)
            {
                same &= batch[i].Span.SequenceEqual(messages[i]) && batch.WithHeaderRoom(i).Length == messages[i].Length + MessageBatch.HeaderRoomBytes;
            }
            batch.Clear();
            return same && batch.Count == 0 && batch.TotalBytes == 0;
        });
    }

    [Fact]
    public void Reserve_NotCommitted_LeavesNothing()
    {
        MessageBatch batch = new();
        batch.Add("one"u8);
        batch.Reserve(100_000).Fill(1);
        batch.Add("two"u8);

        Assert.Equal(["one", "two"], Enumerable.Range(0, batch.Count).Select(i => Encoding.UTF8.GetString(batch[i].Span)));
        Assert.Equal(6, batch.TotalBytes);
    }
}
