"""The code that runs inside the sandbox. Sent there as source over a socket: standard library only."""
