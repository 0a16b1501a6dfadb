"""The commands: flags, one call into the engine, an exit code."""
