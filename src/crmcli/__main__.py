"""Lets `python -m crmcli` do what the console script does."""

from crmcli.entry import run

if __name__ == "__main__":
    run()
