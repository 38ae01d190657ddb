#!/usr/bin/env perl
# Makes bcrypt.json with crypt(3) of libxcrypt: encoded hashes, and passwords that do or do not match.
#   perl test/vectors/make-bcrypt.pl > test/vectors/bcrypt.json
use strict;
use warnings;
use utf8;
use Encode qw(encode_utf8);
use JSON::PP;

my @passwords = (
    'a', 'password', 'Grüße aus Köln', 'пароль', '密码', '🔑 and 🚪', ' padded ', "tab\tand\nnewline",
    'x' x 71, 'x' x 72, 'x' x 73, 'ü' x 36, 'ü' x 40, ('y' x 71) . 'é', "\x{7f}\x{80}\x{ff}",
);
my @settings = map { my $prefix = $_; map { sprintf '$%s$%02d$', $prefix, $_ } 4, 5, 6 } qw(2a 2b 2y);
my @alphabet = split //, './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
my @last = split //, '.Oeu';
srand 20261124;

my @vectors;
for my $setting (@settings) {
    for my $password (@passwords) {
        my $salt = join('', map { $alphabet[rand @alphabet] } 1 .. 21) . $last[rand @last];
        my $hash = crypt(encode_utf8($password), $setting . $salt);
        die "crypt() here has no bcrypt\n" unless defined $hash && length $hash == 60;
        push @vectors, { hash => $hash, password => $password, matches => JSON::PP::true };
        my $wrong = substr($password, 0, 1) eq 'z' ? "a$password" : "z$password";
        push @vectors, { hash => $hash, password => $wrong, matches => JSON::PP::false };
    }
}
# One byte more or less changes the answer up to the 72nd byte and not beyond it.
my $hash72 = crypt('x' x 72, '$2b$04$' . 'SeventyTwoBytesAreAll.');
push @vectors, { hash => $hash72, password => 'x' x 71, matches => JSON::PP::false };
push @vectors, { hash => $hash72, password => 'x' x 73, matches => JSON::PP::true };

print JSON::PP->new->ascii->canonical->indent->encode(\@vectors);
