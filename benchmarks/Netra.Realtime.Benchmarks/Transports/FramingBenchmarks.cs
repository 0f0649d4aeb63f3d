using System.Buffers;
using System.Text;
using BenchmarkDotNet.Attributes;
using Netra.Realtime.Transports;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Benchmarks.Transports;

/// <summary>What does the codec cost a message of 300 bytes, and does it allocate?</summary>
[MemoryDiagnoser]
public class FramingBenchmarks
{
    private const int Messages = 16;
    private const int MessageBytes = 300;

    private readonly MessageBatch _batch = new();
    private readonly FrameReader _reader = new(isServer: true, 128);
    private readonly byte[] _message = Encoding.ASCII.GetBytes(new string('x', MessageBytes));
    private readonly byte[] _frames = new byte[Messages * (MessageBytes + FrameHeader.MaxBytes)];
    private readonly byte[] _scratch = new byte[Messages * (MessageBytes + FrameHeader.MaxBytes)];
    private int _framesBytes;

    [GlobalSetup]
    public void Fill()
    {
        for (int i = 0; i < Messages; i++)
        {
            _framesBytes += FrameWriter.WriteFrame(_frames.AsSpan(_framesBytes), Opcode.Text, _message, isMasked: true);
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Messages, Description = "fill a batch")]
    public int FillBatch()
    {
        _batch.Clear();
        for (int i = 0; i < Messages; i++)
        {
            _batch.Add(_message);
        }

        return _batch.Count;
    }

    [Benchmark(OperationsPerInvoke = Messages, Description = "fill a batch and make it frames")]
    public int Pack()
    {
        FillBatch();
        return FrameWriter.Pack(_batch).Length;
    }

    [Benchmark(OperationsPerInvoke = Messages, Description = "copy masked frames and read them")]
    public int Read()
    {
        _frames.AsSpan(0, _framesBytes).CopyTo(_scratch); // reading unmasks in place
        ReadOnlySequence<byte> unread = new(_scratch, 0, _framesBytes);
        int read = 0;
        while (_reader.TryRead(ref unread, 1024, out _))
        {
            read++;
        }

        return read;
    }
}
