using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Firewall.Bpf.Objects;

namespace Firewall.Bpf.Tests;

/// <summary>The platform touches nothing outside itself: Firewall.Kernel and the command line do.</summary>
public sealed class PurityTests : IDisposable
{
    private readonly PEReader _file = new(File.OpenRead(typeof(BpfObject).Assembly.Location));

    public void Dispose() => _file.Dispose();

    [Fact]
    public void The_assembly_refers_to_nothing_but_the_runtime()
    {
        var reader = _file.GetMetadataReader();
        var references = reader.AssemblyReferences.Select(r => reader.GetString(reader.GetAssemblyReference(r).Name));
        Assert.All(references, name => Assert.StartsWith("System.", name, StringComparison.Ordinal));
    }

    [Fact]
    public void The_assembly_calls_no_native_code() =>
        Assert.Equal(0, _file.GetMetadataReader().GetTableRowCount(TableIndex.ImplMap));

    [Fact]
    public void The_assembly_opens_no_file_and_no_socket()
    {
        var reader = _file.GetMetadataReader();
        var types = reader.TypeReferences.Select(reader.GetTypeReference)
            .Select(t => $"{reader.GetString(t.Namespace)}.{reader.GetString(t.Name)}");
        Assert.DoesNotContain(types, t => t is "System.IO.File" or "System.IO.FileStream" or "System.Console"
            || t.StartsWith("System.Net.", StringComparison.Ordinal) || t.StartsWith("System.Reflection.Emit", StringComparison.Ordinal));
    }
}
