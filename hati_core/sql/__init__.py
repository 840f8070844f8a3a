"""SQL as text: quoting, the gate, keys in DDL and the branch_* functions."""
