"""The trainer's commands, one module each. Light: what a command needs is imported when it runs."""
