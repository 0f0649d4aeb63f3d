using System.Text;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Benchmarks.Transports;

/// <summary>What do unmasking and the validation of text cost, beside a plain copy of the same bytes?</summary>
[Config(typeof(Config))]
public class PayloadBenchmarks
{
    private byte[] _bytes = [];
    private byte[] _target = [];
    private byte[] _greek = [];

    [Params(128, 4096, 65_536)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _bytes = new byte[Bytes];
        _target = new byte[Bytes];
        _greek = Encoding.UTF8.GetBytes(new string('\u03b1', Bytes / 2));
        for (int i = 0; i < Bytes; i++)
        {
            _bytes[i] = (byte)('a' + (i % 23));
        }
    }

    [Benchmark(Baseline = true, Description = "copy")]
    public void Copy() => _bytes.AsSpan().CopyTo(_target);

    [Benchmark(Description = "unmask in place")]
    public uint Unmask() => Masking.Apply(_target, _target, 0x12345678);

    [Benchmark(Description = "unmask into another buffer")]
    public uint UnmaskCopy() => Masking.Apply(_bytes, _target, 0x12345678);

    [Benchmark(Description = "validate ASCII")]
    public bool ValidateAscii()
    {
        Utf8Validator text = default;
        return text.TryAppend(_bytes);
    }

    [Benchmark(Description = "validate Greek")]
    public bool ValidateGreek()
    {
        Utf8Validator text = default;
        return text.TryAppend(_greek);
    }

    private sealed class Config : ManualConfig
    {
        public Config() => AddColumn(new SpeedColumn());
    }

    /// <summary>Gigabytes a second.</summary>
    private sealed class SpeedColumn : IColumn
    {
        public string Id => nameof(SpeedColumn);

        public string ColumnName => "GB/s";

        public bool AlwaysShow => true;

        public ColumnCategory Category => ColumnCategory.Custom;

        public int PriorityInCategory => 0;

        public bool IsNumeric => true;

        public UnitType UnitType => UnitType.Dimensionless;

        public string Legend => "Bytes by mean time, in 10^9 a second";

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
            summary[benchmarkCase]?.ResultStatistics is { } statistics
                ? ((int)benchmarkCase.Parameters[nameof(Bytes)] / statistics.Mean).ToString("0.0", System.Globalization.CultureInfo.InvariantCulture)
                : "-";

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

        public bool IsAvailable(Summary summary) => true;

        public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
    }
}
