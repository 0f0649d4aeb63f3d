using System.Runtime.InteropServices;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.StressTests.Cuts;

/// <summary>What a user's log holds at a moment. No head: nobody remembers the epoch.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Window(EventId Head, long Tail);
