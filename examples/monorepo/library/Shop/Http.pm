package Shop::Http;
use strict;
use warnings;
use IO::Socket::INET;

# Answers requests on a port of this machine, one after the other. `$answer` gets a path, and returns a text; undef where
# there is no such page.
sub serve {
    my ($port, $answer) = @_;
    my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$port", Listen => 16, ReuseAddr => 1) or die "port $port: $@\n";
    $| = 1;
    print "listening on $port\n";
    while (my $client = $listener->accept) {
        my ($path) = (<$client> // '') =~ m{^GET (\S+)};
        while (defined(my $header = <$client>)) { last if $header =~ /^\r?$/ }
        my $text = $answer->($path // '/');
        my $status = defined $text ? '200 OK' : '404 Not Found';
        print $client "HTTP/1.0 $status\r\nContent-Type: text/html; charset=utf-8\r\n\r\n", $text // "There is no such page.\n";
        close $client;
    }
}

# The text of a page; undef where there is none, or nobody listens.
sub page {
    my ($port, $path) = @_;
    my $server = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or return undef;
    print $server "GET $path HTTP/1.0\r\n\r\n";
    local $/;
    my ($head, $text) = split /\r\n\r\n/, <$server> // '', 2;
    return ($head // '') =~ /^\S+ 200 / ? $text : undef;
}

1;
