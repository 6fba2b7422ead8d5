"""The catalog in Postgres: named SQL and the repositories over it. No SQL is anywhere else."""
