"""Files that become rows: how a file is read, which rows fit, and what taking them in changes."""
