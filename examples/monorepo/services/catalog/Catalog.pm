package Catalog;
use strict;
use warnings;

# What a file of goods says: `name cents` on each line.
sub load {
    my ($file) = @_;
    open my $lines, '<', $file or die "$file: $!\n";
    my %cents = map { /^(\S+)\s+(\d+)$/ ? ($1, $2) : () } <$lines>;
    return \%cents;
}

# /goods: all of them; /price/NAME: what one costs.
sub answer {
    my ($cents, $path) = @_;
    return join '', map { "$_ $cents->{$_}\n" } sort keys %$cents if $path eq '/goods';
    my ($name) = $path =~ m{^/price/([a-z]+)$} or return undef;
    return exists $cents->{$name} ? "$cents->{$name}\n" : undef;
}

1;
