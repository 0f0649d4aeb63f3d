using Netra.Realtime.TestSupport.JavaScript;

namespace Netra.Realtime.FunctionalTests.JavaScript;

/// <summary>A test that needs the JavaScript client: skipped with the reason where it cannot run, unless <c>NETRA_REQUIRE_PEERS=1</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class JavaScriptFactAttribute : FactAttribute
{
    public JavaScriptFactAttribute() => Skip = JavaScriptClient.Missing;
}
