#!/usr/bin/env perl
# Makes sample-accounts.sql with crypt(3) of libxcrypt, so that the sample hashes come from elsewhere
# than the code that checks them. Salts are fixed: the same run makes the same file.
#   perl legacy-db/make-sample-accounts.pl > legacy-db/sample-accounts.sql
use strict;
use warnings;
use utf8;
use Encode qw(encode_utf8);

my @accounts = (
    # login, password, setting (prefix, cost, salt), enabled, what is done to the hash
    ['isaac.brock@example.com', 'Float on, 2004!',      '$2b$10$IsaacBrocksOwnSaltIsFe', 1],
    ['joan.jett@example.com',   'I love rock-n-roll',   '$2a$10$JoanJettsOwnSalt.IsReO', 1],
    ['zoë.müller@example.com',  'Grüße aus Köln ☕',     '$2y$10$ZoeMuellersOwnSaltIs.u', 1],
    ['old.timer@example.com',   'dearer than the rest', '$2b$12$OldTimersOwnSaltIsVe.e', 1],
    ['gone.person@example.com', 'I left in March',      '$2b$10$GonePersonsOwnSaltIs.O', 0],
    ['sam.lee@example.com',     'first of two Sams',    '$2b$10$SamLeeAtComOwnSaltIs.e', 1],
    ['sam.lee@example.org',     'second of two Sams',   '$2b$10$SamLeeAtOrgOwnSaltIs.u', 1],
    ['cut.off@example.com',     'the column was short', '$2b$10$CutOffsOwnSaltIsThis.O', 1, sub { substr $_[0], 0, 55 }],
);

binmode STDOUT, ':encoding(UTF-8)';
print "-- Made by make-sample-accounts.pl. The passwords are in docs/SANDBOX.md.\n";
print "INSERT INTO accounts (login, password_hash, enabled) VALUES\n";
print join(",\n", map {
    my ($login, $password, $setting, $enabled, $damage) = @$_;
    my $hash = crypt(encode_utf8($password), $setting);
    die "crypt() here has no bcrypt\n" unless defined $hash && length $hash == 60;
    $hash = $damage->($hash) if $damage;
    "  ('$login', '$hash', $enabled)";
} @accounts), ";\n";
