using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Firewall.Cli.Options;
using Firewall.Kernel.Network;
using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Packets;

namespace Firewall.Cli.Input;

/// <summary>
/// A packet as people write it: <c>tcp 192.0.2.50:51044 &gt; 203.0.113.10:443 in eth0 flags S ttl 64</c>. The protocol comes first (<c>icmp 8/0</c> with
/// type and code, <c>ip 47</c> or a name for any other), then addresses, then words with a value in any order.
/// </summary>
/// <param name="Packet">The frame it describes.</param>
/// <param name="Interfaces">From <c>in</c> and <c>out</c>.</param>
internal sealed record PacketDescription(Packet Packet, Interfaces Interfaces)
{
    private const string Example = "a packet is like 'tcp 192.0.2.50:51044 > 203.0.113.10:443 in eth0 flags S ttl 64'";

    /// <summary>A source port for packets that name none; from the range clients use.</summary>
    private const ushort ClientPort = 50_000;

    /// <summary>Reads a description.</summary>
    /// <exception cref="CommandFailedException">The text describes no packet.</exception>
    public static PacketDescription Parse(string text) => new Parser(text).Run();

    private sealed class Parser(string text)
    {
        private readonly Queue<string> _words = new(text.Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries));

        public PacketDescription Run()
        {
            var protocol = Next("the protocol").ToLowerInvariant();
            var (type, code) = protocol is "icmp" or "icmp6" or "icmpv6" or "ipv6-icmp" ? TypeAndCode() : default;
            var number = protocol == "ip" ? ProtocolNumber(Next("a protocol")) : (byte)0;
            var (source, destination) = Endpoints();
            var packet = protocol switch
            {
                "tcp" => Packet.Tcp(source.Port ?? ClientPort, destination.Port ?? 0),
                "udp" => Packet.Udp(source.Port ?? ClientPort, destination.Port ?? 0),
                "udplite" => Packet.UdpLite(source.Port ?? ClientPort, destination.Port ?? 0),
                "sctp" => Packet.Sctp(source.Port ?? ClientPort, destination.Port ?? 0),
                "dccp" => Packet.Dccp(source.Port ?? ClientPort, destination.Port ?? 0, type: 0),
                "icmp" => Packet.Icmp(type, code),
                "icmp6" or "icmpv6" or "ipv6-icmp" => Packet.Icmp6(type, code),
                "ip" => Packet.Ip(number),
                _ => Packet.Ip(ProtocolNumber(protocol)),
            };
            return Details(Addressed(packet, source, destination));
        }

        private static Packet Addressed(Packet packet, Endpoint source, Endpoint destination)
        {
            var families = new[] { source.Address, destination.Address }.OfType<IPAddress>().Select(a => a.AddressFamily).Distinct().ToList();
            if (families.Count > 1) { throw Bad("source and destination are of different families"); }
            if (families is [AddressFamily.InterNetworkV6]) { packet = packet.InIPv6(); }
            else if (families is [AddressFamily.InterNetwork] && packet.Family == Family.IPv6) { throw Bad("ICMPv6 needs IPv6 addresses"); }
            if (source.Address is { } from) { packet = packet.From(from.ToString()); }
            return destination.Address is { } to ? packet.To(to.ToString()) : packet;
        }

        private PacketDescription Details(Packet packet)
        {
            var interfaces = default(Interfaces);
            while (_words.TryDequeue(out var word))
            {
                switch (word.ToLowerInvariant())
                {
                    case "in":
                        interfaces = interfaces with { In = InterfaceName() };
                        break;
                    case "out":
                        interfaces = interfaces with { Out = InterfaceName() };
                        break;
                    case "flags":
                        packet = WithFlags(packet, Next("flags"));
                        break;
                    case "ttl" or "hl":
                        packet = packet.WithTtl((byte)Number("ttl", 255));
                        break;
                    case "tos":
                        packet = packet.WithTos((byte)Number("tos", 255));
                        break;
                    case "mac":
                        packet = packet.WithSourceMac(Mac(Next("mac")));
                        break;
                    case "payload":
                        packet = packet.WithPayload(new byte[Number("payload", 9000)]);
                        break;
                    default:
                        throw Bad($"'{word}' is none of in, out, flags, ttl, tos, mac, payload");
                }
            }

            return new PacketDescription(packet, interfaces);
        }

        private (Endpoint Source, Endpoint Destination) Endpoints()
        {
            var source = _words.TryPeek(out var first) && (first == ">" || LooksLikeEndpoint(first)) ? TakeUnlessArrow() : default;
            if (!_words.TryPeek(out var arrow) || arrow != ">") { return (source, default); }
            _words.Dequeue();
            return (source, Endpoint.Parse(Next("a destination")));
        }

        private Endpoint TakeUnlessArrow() => _words.Peek() == ">" ? default : Endpoint.Parse(_words.Dequeue());

        private static bool LooksLikeEndpoint(string word) => word.Contains('.') || word.Contains(':') || word == "any";

        private (byte Type, byte Code) TypeAndCode()
        {
            var words = Next("type and code").Split('/');
            return words.Length <= 2 && byte.TryParse(words[0], CultureInfo.InvariantCulture, out var type) && byte.TryParse(words.ElementAtOrDefault(1) ?? "0", CultureInfo.InvariantCulture, out var code)
                ? (type, code)
                : throw Bad("icmp wants its type and code as numbers, like 8/0");
        }

        private static byte ProtocolNumber(string name) => Protocols.TryParse(name, out var number) ? number : throw Bad($"there is no protocol '{name}'");

        private string InterfaceName() => Next("an interface") is var name && HookOptions.CanBeInterface(name) ? name : throw Bad($"no network interface can be called '{name}'");

        private int Number(string what, int largest) =>
            int.TryParse(Next($"a number behind {what}"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= largest ? number : throw Bad($"{what} wants a number from 0 to {largest}");

        private static Packet WithFlags(Packet packet, string flags)
        {
            if (packet.Frame.Length < (packet.Family == Family.IPv4 ? 54 : 74)) { throw Bad("only TCP has flags"); }
            return flags.All(f => "FSRPAUECfsrpauec".Contains(f)) ? packet.WithFlags(flags.ToUpperInvariant()) : throw Bad("flags are letters of FSRPAUEC, like S or SA");
        }

        private static byte[] Mac(string text)
        {
            try { return MacAddress.Parse(text).ToBytes(); }
            catch (FormatException) { throw Bad($"'{text}' is no MAC address like 02:00:00:00:00:01"); }
        }

        private string Next(string what) => _words.TryDequeue(out var word) ? word : throw Bad($"it ends where {what} is wanted");
    }

    /// <summary>An address, a port, or both: <c>192.0.2.1:80</c>, <c>[2001:db8::1]:80</c>, <c>2001:db8::1</c>, <c>:80</c>, <c>any</c>.</summary>
    private readonly record struct Endpoint(IPAddress? Address, ushort? Port)
    {
        public static Endpoint Parse(string text)
        {
            if (text is "any" or "*") { return default; }
            if (text.StartsWith('[') && text.IndexOf(']') is > 0 and var close) { return new(AddressOf(text[1..close]), close + 1 == text.Length ? null : PortOf(text[(close + 1)..])); }
            var colon = text.IndexOf(':');
            if (colon < 0 || text.LastIndexOf(':') != colon) { return new(AddressOf(text), null); }
            return new(colon == 0 || text[..colon] is "any" or "*" ? null : AddressOf(text[..colon]), PortOf(text[colon..]));
        }

        private static IPAddress AddressOf(string text) =>
            IPAddress.TryParse(text, out var address) && (text.Contains(':') || text.Count(c => c == '.') == 3) ? address : throw Bad($"'{text}' is not an address");

        private static ushort PortOf(string text) =>
            text.StartsWith(':') && ushort.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : throw Bad($"'{text.TrimStart(':')}' is not a port");
    }

    private static CommandFailedException Bad(string why) => CommandFailedException.BadInput($"this is not a packet: {why}", Example);
}
