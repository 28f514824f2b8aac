"""Following: one run that many look at, read-only, by a code of six letters."""
