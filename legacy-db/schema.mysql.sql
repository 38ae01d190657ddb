-- The legacy store in MySQL 8 or MariaDB. The default LEGACY_LOOKUP_SQL fits it.
CREATE TABLE accounts (
  id            BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  login         VARCHAR(320) NOT NULL UNIQUE,
  -- What stands before the @, as Okta's users may type it while it is unique.
  short_name    VARCHAR(320) AS
                  (CASE WHEN LOCATE('@', login) > 1 THEN SUBSTRING_INDEX(login, '@', 1) END) STORED,
  password_hash VARCHAR(255) NOT NULL,
  enabled       TINYINT(1) NOT NULL DEFAULT 1,
  -- In the form in which it is looked up, so that it is unique without regard to case.
  CHECK (login = LOWER(login) AND CHAR_LENGTH(login) = CHAR_LENGTH(TRIM(login))),
  INDEX accounts_short_name (short_name)
-- Any other collation takes some different letters for the same: zoe would find zoë.
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
