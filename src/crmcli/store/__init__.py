"""The SQLite file: its tables, its one door, its journal. Nothing outside this folder holds SQL but rules/."""
