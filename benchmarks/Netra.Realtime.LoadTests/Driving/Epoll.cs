using System.Buffers.Binary;
using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>Which of many sockets can be read, on Linux: one thread, no pool, so that the driver costs little beside the server.</summary>
internal sealed partial class Epoll : IDisposable
{
    private const int MaxEvents = 512;
    private const uint Readable = 0x001;

    // struct epoll_event is packed on x86-64 and aligned elsewhere.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int Stride = DataOffset + 8;

    private readonly byte[] _events = new byte[MaxEvents * Stride];
    private readonly int _handle = Check(Create(0));

    public void Add(Socket socket, int index)
    {
        Span<byte> added = stackalloc byte[16];
        added.Clear();
        MemoryMarshal.Write(added, Readable);
        MemoryMarshal.Write(added[DataOffset..], (long)index);
        Check(Control(_handle, 1, (int)socket.SafeHandle.DangerousGetHandle(), ref MemoryMarshal.GetReference(added)));
    }

    public void Remove(Socket socket)
    {
        byte none = 0;
        Check(Control(_handle, 2, (int)socket.SafeHandle.DangerousGetHandle(), ref none));
    }

    /// <returns>How many sockets are ready, after at most that long; <see cref="Ready"/> names them.</returns>
    public int Wait(int milliseconds)
    {
        int count = WaitFor(_handle, ref _events[0], MaxEvents, milliseconds);
        if (count >= 0)
        {
            return count;
        }

        const int Interrupted = 4;
        return Marshal.GetLastPInvokeError() == Interrupted ? 0 : Check(count);
    }

    public int Ready(int at) => (int)(BitConverter.IsLittleEndian
        ? BinaryPrimitives.ReadInt64LittleEndian(_events.AsSpan((at * Stride) + DataOffset))
        : BinaryPrimitives.ReadInt64BigEndian(_events.AsSpan((at * Stride) + DataOffset)));

    public void Dispose() => _ = Close(_handle);

    private static int Check(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int epoll, int operation, int handle, ref byte added);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int WaitFor(int epoll, ref byte events, int maxEvents, int milliseconds);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
