# Perl's sockets:  echo.pl server, echo.pl client PORT
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my ($role, $port) = @ARGV;
alarm 30;
exit($role eq 'server' ? serve() : ask($port));

# Sends back in capitals what a client sends; serves several at once, until one sends "stop".
sub serve {
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5, ReuseAddr => 1) or die "listen: $!";
    print STDERR 'listening on ', $listener->sockport, "\n";
    my $waiting = IO::Select->new($listener);
    while (1) {
        for my $ready ($waiting->can_read) {
            if ($ready == $listener) {
                $waiting->add($listener->accept);
                next;
            }
            my $n = sysread($ready, my $data, 65536);
            return 0 if $n && $data eq "stop\n";
            if (!$n) {
                $waiting->remove($ready);
                close $ready;
                next;
            }
            send_all($ready, uc $data);
        }
    }
}

sub send_all {
    my ($to, $data) = @_;
    for (my $sent = 0; $sent < length $data;) {
        my $n = syswrite($to, $data, length($data) - $sent, $sent) // die "write: $!";
        $sent += $n;
    }
}

sub connected {
    my ($port) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 10);
}

sub ask {
    my ($port) = @_;
    my ($first, $second) = (connected($port), connected($port));
    for my $text ("hello\n", "over Perl's sockets\n") {
        print $first $text;
        print scalar <$first>;
    }

    my $large = 'a' x 3_072_000;
    my $child = fork // die "fork: $!";
    if (!$child) {
        send_all($second, $large);
        $second->shutdown(1);
        exit 0;
    }
    my $back = 0;
    while (my $n = sysread($second, my $data, 65536)) {
        $back += $data =~ tr/A//;
    }
    waitpid $child, 0;
    print "$back bytes back\n";

    # Bound, but not listening.
    my $bound = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'tcp') or die "bind: $!";
    my $refused = connected($bound->sockport);
    print 'no connection: ', $! + 0, "\n" if !$refused;
    print $first "stop\n";
    return 0;
}
