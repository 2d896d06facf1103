"""Files to typed rows and back: encoding, dialect, headers, cells, faults. Never SQL, never a database."""
