using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>A network namespace of a peer, with a line to us that can go dead: no end, no reset, nobody is told. For root on Linux.</summary>
internal sealed class VethLine : IAsyncDisposable
{
    private const string Device = "peer";

    private readonly string _device;
    private bool _hasDevice;

    private VethLine(string name, int number)
    {
        Namespace = name;
        _device = $"netra{number:x}";

        // Four addresses a line, of the block that is for tests between networks (RFC 2544).
        Address = new IPAddress([198, 18, (byte)(number >> 6), (byte)((number << 2) + 1)]);
        PeerAddress = new IPAddress([198, 18, (byte)(number >> 6), (byte)((number << 2) + 2)]);
    }

    /// <summary>Why such tests are skipped; null when this may be done.</summary>
    public static string? Missing { get; } = FindMissing();

    public string Namespace { get; }

    /// <summary>Our end.</summary>
    public IPAddress Address { get; }

    private IPAddress PeerAddress { get; }

    public static async Task<VethLine> CreateAsync()
    {
        int number = Random.Shared.Next(1 << 14);
        VethLine line = new($"netra-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}-{number:x}", number);
        await IpAsync($"netns add {line.Namespace}");
        try
        {
            await IpAsync($"link add {line._device} type veth peer name {Device} netns {line.Namespace}");
            line._hasDevice = true;
            await IpAsync($"addr add {line.Address}/30 dev {line._device}");
            await IpAsync($"link set {line._device} up");
            await IpAsync($"-n {line.Namespace} addr add {line.PeerAddress}/30 dev {Device}");
            await IpAsync($"-n {line.Namespace} link set {Device} up");
            return line;
        }
        catch
        {
            await line.DisposeAsync();
            throw;
        }
    }

    /// <summary>From here on nothing goes through. At the peer's end: ours keeps its route, so that what we send is lost there and not told to us.</summary>
    public Task CutAsync() => IpAsync($"-n {Namespace} link set {Device} down");

    /// <summary>Takes the line away. Both ends of it: the namespace lives on for as long as a dead socket in it still tries.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_hasDevice)
        {
            await IpAsync($"link del {_device}");
        }

        await IpAsync($"netns del {Namespace}");
    }

    private static async Task IpAsync(string arguments)
    {
        using Process ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true, UseShellExecute = false })!; // no shell, so it is a new process
        string errors = await ip.StandardError.ReadToEndAsync().OrFail();
        await ip.WaitForExitAsync().OrFail();
        if (ip.ExitCode != 0)
        {
            throw new InvalidOperationException($"ip {arguments}: {errors}");
        }
    }

    private static string? FindMissing()
    {
        if (FramedFactAttribute.Missing is { } reason)
        {
            return reason;
        }

        try
        {
            // Each by itself may be missing: the tool, the right, the kind of device.
            using Process probe = Process.Start("/bin/sh", ["-c", "{ ip netns add netra-$$ && ip link add netrap$$ type veth peer name peer netns netra-$$; r=$?; ip netns del netra-$$; exit $r; } 2>/dev/null"]);
            probe.WaitForExit();
            return probe.ExitCode == 0 ? null : "Network namespaces are not permitted here, or there is no ip: it takes root.";
        }
        catch (Win32Exception)
        {
            return "There is no /bin/sh.";
        }
    }
}
