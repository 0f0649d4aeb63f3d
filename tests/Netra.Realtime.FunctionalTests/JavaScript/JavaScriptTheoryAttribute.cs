using Netra.Realtime.TestSupport.JavaScript;

namespace Netra.Realtime.FunctionalTests.JavaScript;

/// <inheritdoc cref="JavaScriptFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class JavaScriptTheoryAttribute : TheoryAttribute
{
    public JavaScriptTheoryAttribute() => Skip = JavaScriptClient.Missing;
}
