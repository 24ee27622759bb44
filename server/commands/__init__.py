"""The commands of `jinlin`, a module for each group; `server/cli.py` says which word loads which."""
