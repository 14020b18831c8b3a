package Orders;
use strict;
use warnings;
use Shop::Money;

# What `count` times `cents` costs with shipping, in words.
sub total {
    my ($cents, $count, $shipping) = @_;
    my $goods = $cents * $count;
    my $is_free = $goods >= $shipping->{free_from};
    my $sum = Shop::Money::in_words($goods + ($is_free ? 0 : $shipping->{costs}));
    return $is_free ? "$sum, free shipping\n" : "$sum with shipping\n";
}

1;
