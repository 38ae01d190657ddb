#!/usr/bin/env perl
# Makes bcrypt.json with crypt(3) of libxcrypt: encoded hashes, and passwords that do or do not match.
# A password is text, or the hexadecimal digits of bytes that are no UTF-8.
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
my @costs_by_prefix = ((map { [$_, 4, 5, 6] } qw(2a 2b 2y)), ['2x', 4, 5]);
my @settings = map { my ($prefix, @costs) = @$_; map { sprintf '$%s$%02d$', $prefix, $_ } @costs }
    @costs_by_prefix;
my @alphabet = split //, './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
my @last = split //, '.Oeu';
srand 20261124;

sub salt { join('', map { $alphabet[rand @alphabet] } 1 .. 21) . $last[rand @last] }

sub hash_of {
    my ($bytes, $setting) = @_;
    my $hash = crypt $bytes, $setting;
    die "crypt() here has no bcrypt\n" unless defined $hash && length $hash == 60;
    return $hash;
}

sub boolean { $_[0] ? JSON::PP::true : JSON::PP::false }

my @vectors;
for my $setting (@settings) {
    for my $password (@passwords) {
        my $hash = hash_of(encode_utf8($password), $setting . salt());
        push @vectors, { hash => $hash, password => $password, matches => JSON::PP::true };
        my $wrong = substr($password, 0, 1) eq 'z' ? "a$password" : "z$password";
        push @vectors, { hash => $hash, password => $wrong, matches => JSON::PP::false };
    }
}
# One byte more or less changes the answer up to the 72nd byte and not beyond it.
my $hash72 = crypt('x' x 72, '$2b$04$' . 'SeventyTwoBytesAreAll.');
push @vectors, { hash => $hash72, password => 'x' x 71, matches => JSON::PP::false };
push @vectors, { hash => $hash72, password => 'x' x 73, matches => JSON::PP::true };

# Bytes of 128 and over are what sets $2x$ apart, and where $2a$ guards against its collisions: those
# of crypt_blowfish's own tests, and their like. Each hash is tried as each prefix's, with its own
# password and with the next one; crypt() says which of them match.
my @raw = (
    "\xa3", "\xff\xff\xa3", "\xff\xa3345", "\xff\xa334\xff\xff\xff\xa3345", "\xffab\xa3", "1\xa3 345",
    "\xff\xff", "\xff\xff\xff\xff", "\xff" x 72, "\xaa" x 71, "\xaa" x 72, "\xaa" x 73,
    "\xaa\x55" x 36, "\x55\xaa\xff" x 24, "\xd1\x91", "\xd0\xc1\xd2\xcf\xcc\xd8", "abc\xe9", "abcd\xe9",
);
for my $at (0 .. $#raw) {
    my $salt = salt();
    for my $made (qw(2a 2b 2x 2y)) {
        my $checksum = substr hash_of($raw[$at], "\$$made\$04\$$salt"), 29;
        for my $tried (qw(2a 2b 2x 2y)) {
            my $hash = "\$$tried\$04\$$salt$checksum";
            for my $bytes ($raw[$at], $raw[($at + 1) % @raw]) {
                push @vectors,
                    { hash => $hash, hex => unpack('H*', $bytes),
                      matches => boolean(hash_of($bytes, $hash) eq $hash) };
            }
        }
    }
}

print JSON::PP->new->ascii->canonical->indent->encode(\@vectors);
