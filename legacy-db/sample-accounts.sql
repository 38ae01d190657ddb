-- Made by make-sample-accounts.pl. The passwords are in docs/SANDBOX.md.
INSERT INTO accounts (login, password_hash, enabled) VALUES
  ('isaac.brock@example.com', '$2b$10$IsaacBrocksOwnSaltIsFeZhpfGnb6Wl3L8jqD/m7BoOT27K5hG7a', 1),
  ('joan.jett@example.com', '$2a$10$JoanJettsOwnSalt.IsReO9i49KhZIPFATpgqvpsDQna736ORAtHy', 1),
  ('zoë.müller@example.com', '$2y$10$ZoeMuellersOwnSaltIs.uT6I73gboAeBLLj2h2.0HKWA7hjOCBFi', 1),
  ('old.timer@example.com', '$2b$12$OldTimersOwnSaltIsVe.e/e9JCFlpRSAX8enAPxTrRdaWMn/Gr2y', 1),
  ('gone.person@example.com', '$2b$10$GonePersonsOwnSaltIs.OvASVaXFZp/2Jh.7OMBaDLx0PRmaK0em', 0),
  ('sam.lee@example.com', '$2b$10$SamLeeAtComOwnSaltIs.eb61VP9MQhK2BRs6UETGOX36k.3f8Nvi', 1),
  ('sam.lee@example.org', '$2b$10$SamLeeAtOrgOwnSaltIs.uWJHnhMsT9PQjaPygb12jPCa.7ShEIyW', 1),
  ('cut.off@example.com', '$2b$10$CutOffsOwnSaltIsThis.Oud.njxWq5DfEl3Rokgt06CUM3I', 1);
