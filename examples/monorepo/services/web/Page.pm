package Page;
use strict;
use warnings;
use Shop::Money;

# The template with the goods in it: lines of `name cents`; undef where the catalog does not answer.
sub with_goods {
    my ($template, $goods) = @_;
    my $list = join '', map { item(split) } split /\n/, $goods // '';
    $list = "<p>The shop is closed.</p>\n" if $list eq '';
    return $template =~ s/GOODS\n/$list/r;
}

sub item {
    my ($name, $cents) = @_;
    return '<li>' . ucfirst($name) . ', ' . Shop::Money::in_words($cents) . "</li>\n";
}

1;
