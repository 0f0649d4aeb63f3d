using System.Text;

namespace Netra.Realtime.Tests.Protocol;

/// <summary>The types of the JavaScript client are those of the records. NETRA_WRITE_GOLDEN=1 rewrites them.</summary>
public sealed class JavaScriptTypesTests
{
    private static readonly string Declarations = Path.Combine(RepositoryFiles.Root(), "src", "netra-realtime-js", "src", "protocol.d.ts");

    [Fact]
    public void Declarations_OfTheJavaScriptClient_AreThoseOfTheRecords()
    {
        string rendered = new JavaScriptTypes().Render();
        if (GoldenFile.Rewrite)
        {
            File.WriteAllText(Declarations, rendered, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        }

        Assert.Equal(rendered, File.ReadAllText(Declarations).ReplaceLineEndings("\n"));
    }
}
