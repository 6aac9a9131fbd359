"""The R1 pipeline on TRL."""
