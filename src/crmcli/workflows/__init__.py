"""The verbs: one use case a module. They take and return data; they never print, ask, or read the command line."""
