"""Other people's signatures, both ways: plain functions and TRL rewards in, TRL rewards out."""
