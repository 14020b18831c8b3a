package Catalog;
use strict;
use warnings;

# /goods: all of them; /price/NAME: what one costs. `$cents` has prices by name.
sub answer {
    my ($cents, $path) = @_;
    return join '', map { "$_ $cents->{$_}\n" } sort keys %$cents if $path eq '/goods';
    my ($name) = $path =~ m{^/price/([a-z]+)$} or return undef;
    return exists $cents->{$name} ? "$cents->{$name}\n" : undef;
}

1;
