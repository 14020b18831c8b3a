package Shop::Money;
use strict;
use warnings;

# 1250 as `12.50 EUR`.
sub in_words {
    my ($cents) = @_;
    return sprintf '%d.%02d EUR', int($cents / 100), $cents % 100;
}

1;
