namespace Firewall.Rules.Names;

/// <summary>
/// Users and groups that have the same number on every Debian system (package base-passwd). Others are not known: a rule set must mean the same
/// on every machine.
/// </summary>
internal static class Accounts
{
    private const string Users =
        "root 0 daemon 1 bin 2 sys 3 sync 4 games 5 man 6 lp 7 mail 8 news 9 uucp 10 proxy 13 www-data 33 backup 34 list 38 irc 39 _apt 42 nobody 65534";

    private const string Groups =
        "root 0 daemon 1 bin 2 sys 3 adm 4 tty 5 disk 6 lp 7 mail 8 news 9 uucp 10 man 12 proxy 13 kmem 15 dialout 20 fax 21 voice 22 cdrom 24 "
        + "floppy 25 tape 26 sudo 27 audio 29 dip 30 www-data 33 backup 34 operator 37 list 38 irc 39 src 40 shadow 42 utmp 43 video 44 sasl 45 "
        + "plugdev 46 staff 50 games 60 users 100 nogroup 65534";

    /// <summary>The user's number; null for a name that is not known.</summary>
    public static uint? User(string name) => Find(Users, name);

    /// <summary>The group's number; null for a name that is not known.</summary>
    public static uint? Group(string name) => Find(Groups, name);

    private static uint? Find(string table, string name)
    {
        var words = table.Split(' ');
        for (var i = 0; i < words.Length; i += 2)
        {
            if (words[i] == name) { return uint.Parse(words[i + 1]); }
        }

        return null;
    }
}
