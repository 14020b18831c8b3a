package Shop::Settings;
use strict;
use warnings;

# The `key = value` lines of a file.
sub load {
    my ($file) = @_;
    open my $lines, '<', $file or die "$file: $!\n";
    my %settings = map { /^\s*(\w+)\s*=\s*(.*?)\s*$/ ? ($1, $2) : () } <$lines>;
    return \%settings;
}

1;
