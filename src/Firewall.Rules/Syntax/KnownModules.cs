using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Syntax;

/// <summary>A match of iptables as far as reading needs it: its options, not their meaning.</summary>
/// <param name="Name">As after <c>-m</c>.</param>
/// <param name="Families">For which family it exists.</param>
/// <param name="Options">What it takes.</param>
public sealed record KnownModule(string Name, ImmutableArray<Family> Families, ImmutableArray<Option> Options);

/// <summary>An option of which only the number of its words is known.</summary>
public sealed record RawOption(string Name, int WordCount) : Option(Name)
{
    public override int Words => WordCount;

    public override string? ValueName => WordCount == 0 ? null : "word";
}

/// <summary>
/// All matches of iptables 1.8.9 (the option tables of its shared objects), so that a module this version does not
/// understand is still read exactly as iptables reads it, and a module that does not exist is an error.
/// </summary>
public static class KnownModules
{
    /// <summary>One module a line: name, families, options. <c>=</c> takes a word, <c>==</c> two, <c>!</c> negatable, <c>*</c> required, <c>+</c> repeatable.</summary>
    private const string MatchTable = """
        addrtype 46 --src-type=! --dst-type=! --limit-iface-in --limit-iface-out
        ah 4 --ahspi=!
        ah 6 --ahspi=! --ahlen=! --ahres
        bpf 46 --bytecode= --object-pinned=
        cgroup 46 --path=! --cgroup=!
        cluster 46 --cluster-total-nodes=* --cluster-local-node=! --cluster-local-nodemask=! --cluster-hash-seed=*
        comment 46 --comment=*
        connbytes 46 --connbytes=!* --connbytes-dir=* --connbytes-mode=*
        connlabel 46 --label=!* --set
        connlimit 46 --connlimit-upto=! --connlimit-above=! --connlimit-mask= --connlimit-saddr --connlimit-daddr
        connmark 46 --mark=!*
        conntrack 46 --ctstate=! --ctproto=! --ctorigsrc=! --ctorigdst=! --ctreplsrc=! --ctrepldst=! --ctstatus=! --ctexpire=! --ctorigsrcport=! --ctorigdstport=! --ctreplsrcport=! --ctrepldstport=! --ctdir=
        cpu 46 --cpu=!*
        dccp 46 --source-port=! --sport=! --destination-port=! --dport=! --dccp-types=! --dccp-option=!
        devgroup 46 --src-group=! --dst-group=!
        dscp 46 --dscp=! --dscp-class=!
        dst 6 --dst-len=! --dst-opts=
        ecn 46 --ecn-tcp-cwr! --ecn-tcp-ece! --ecn-ip-ect=!
        esp 46 --espspi=!
        eui64 6
        frag 6 --fragid=! --fraglen=! --fragres --fragfirst --fragmore --fraglast
        hashlimit 46 --hashlimit-upto=! --hashlimit-above=! --hashlimit=! --hashlimit-srcmask= --hashlimit-dstmask= --hashlimit-burst= --hashlimit-htable-size= --hashlimit-htable-max= --hashlimit-htable-gcinterval= --hashlimit-htable-expire= --hashlimit-mode= --hashlimit-name=* --hashlimit-rate-match --hashlimit-rate-interval=
        hbh 6 --hbh-len=! --hbh-opts=
        helper 46 --helper=!*
        hl 6 --hl-lt= --hl-gt= --hl-eq=! --hl=
        icmp 4 --icmp-type=!*
        icmp6 6 --icmpv6-type=!*
        ipcomp 46 --ipcompspi=! --compres
        iprange 46 --src-range=! --dst-range=!
        ipv6header 6 --header=!* --soft
        ipvs 46 --ipvs! --vproto=! --vaddr=! --vport=! --vdir= --vmethod=! --vportctl=!
        length 46 --length=!*
        limit 46 --limit= --limit-burst=
        mac 46 --mac-source=!*
        mark 46 --mark=!*
        mh 6 --mh-type=!
        multiport 46 --source-ports=! --sports=! --destination-ports=! --dports=! --ports=!
        nfacct 46 --nfacct-name=*
        osf 4 --genre=!* --ttl= --log=
        owner 46 --uid-owner=! --gid-owner=! --socket-exists! --suppl-groups
        physdev 46 --physdev-in=! --physdev-out=! --physdev-is-in! --physdev-is-out! --physdev-is-bridged!
        pkttype 46 --pkt-type=!*
        policy 46 --dir= --pol= --strict --reqid=!+ --spi=!+ --tunnel-src=!+ --tunnel-dst=!+ --proto=!+ --mode=!+ --next+
        quota 46 --quota=!*
        rateest 46 --rateest1= --rateest= --rateest2= --rateest-bps1 --rateest-pps1 --rateest-bps2 --rateest-pps2 --rateest-bps --rateest-pps --rateest-delta --rateest-lt! --rateest-gt! --rateest-eq!
        realm 4 --realm=!*
        recent 46 --set! --rcheck! --update! --remove! --seconds= --reap --hitcount= --rttl --name= --rsource --rdest --mask=
        rpfilter 46 --loose --validmark --accept-local --invert
        rt 6 --rt-type=! --rt-segsleft=! --rt-len=! --rt-0-res --rt-0-addrs= --rt-0-not-strict
        sctp 46 --source-port=! --sport=! --destination-port=! --dport=! --chunk-types=!
        set 46 --match-set==! --set==! --return-nomatch --update-counters! --packets-eq=! --packets-lt= --packets-gt= --bytes-eq=! --bytes-lt= --bytes-gt= --update-subcounters!
        socket 46 --transparent --nowildcard --restore-skmark
        srh 6 --srh-next-hdr=! --srh-hdr-len-eq=! --srh-hdr-len-gt=! --srh-hdr-len-lt=! --srh-segs-left-eq=! --srh-segs-left-gt=! --srh-segs-left-lt=! --srh-last-entry-eq=! --srh-last-entry-gt=! --srh-last-entry-lt=! --srh-tag=! --srh-psid=! --srh-nsid=! --srh-lsid=!
        state 46 --state=!*
        statistic 46 --mode=* --probability=! --every=! --packet=
        string 46 --from= --to= --algo=* --string=! --hex-string=! --icase
        tcp 46 --source-port=! --sport=! --destination-port=! --dport=! --syn! --tcp-flags==! --tcp-option=!
        tcpmss 46 --mss=!*
        time 46 --datestart= --datestop= --timestart= --timestop= --contiguous --weekdays=! --monthdays=! --localtz --utc --kerneltz
        tos 46 --tos=!*
        ttl 4 --ttl-lt= --ttl-gt= --ttl-eq=! --ttl=
        u32 46 --u32=!*
        udp 46 --source-port=! --sport=! --destination-port=! --dport=!
        """;

    public static readonly ImmutableArray<KnownModule> Matches = [.. MatchTable.Split('\n').Select(Read)];

    private static KnownModule Read(string line)
    {
        var words = line.Split(' ');
        ImmutableArray<Family> families = words[1] switch
        {
            "4" => [Family.IPv4],
            "6" => [Family.IPv6],
            _ => [Family.IPv4, Family.IPv6],
        };
        return new(words[0], families, [.. words.Skip(2).Select(ReadOption)]);
    }

    private static RawOption ReadOption(string text)
    {
        var name = text.TrimEnd('=', '!', '*', '+');
        var marks = text.AsSpan(name.Length);
        return new RawOption(name, marks.Count('='))
        {
            CanNegate = marks.Contains('!'),
            IsRequired = marks.Contains('*'),
            MayRepeat = marks.Contains('+'),
        };
    }
}
